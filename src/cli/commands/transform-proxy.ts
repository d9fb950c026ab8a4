import { systemClock as clock } from "../../time/clock.ts";
import { parseAddress } from "../../net/address.ts";
import { observerOf } from "../../observe/observer-of.ts";
import { TransformProxy } from "../../services/transform/transform-proxy.ts";
import { option, positional } from "../args.ts";
import { command } from "../command.ts";
import { fetchArgs, fetchOptions } from "../fetch-args.ts";
import { openLog } from "../../process/open-log.ts";
import { refuseLoop } from "../refuse-loop.ts";
import { runService } from "../../process/stop.ts";
import { commonArgs, listenArgs, listenOptions } from "../shared-args.ts";
import { onStop } from "../../process/signals.ts";
import { staleArgs, staleOptions } from "../stale-args.ts";
import { transformArgs } from "../transform-args.ts";
import { transformNames } from "../via-args.ts";

const args = {
  upstream: positional(
    "The server that does the transformations: PORT, HOST:PORT or [IPV6]:PORT",
    parseAddress,
  ),
  ...listenArgs,
  transforms: option({
    hint: "NAMES",
    description: "Let only these through: a,b; by default all, and the server decides",
    parse: transformNames,
  }),
  ...transformArgs,
  ...fetchArgs,
  ...staleArgs,
  ...commonArgs,
};

export default command(
  "transform-proxy",
  "Offer transformations that another server does, each only once.",
  args,
  (given) => {
    refuseLoop("UPSTREAM", given.upstream, given);
    const observer = observerOf(openLog(given));
    const { cache, answers, fetch } = fetchOptions(given);
    const { grace, staleIfError, ...refreshing } = staleOptions(given);
    const proxy = new TransformProxy({
      ...listenOptions(given),
      clock,
      observer,
      needsPeers: given.verbose || given.log === "json",
      requests: {
        allowed: given.transforms && new Set(given.transforms),
        maxPoem: given["max-request"],
        requestTimeout: given["request-timeout"],
      },
      cache: { ...cache, ...refreshing },
      answers: { ...answers, ttlFor: [], acceptsEmpty: false, grace, staleIfError },
      fetch: { ...fetch, upstreams: [given.upstream] },
    });
    return runService(proxy, { clock, observer, drainTimeout: given["drain-timeout"], onStop });
  },
);
