import { systemClock as clock } from "../../time/clock.ts";
import { parseAddress } from "../../net/address.ts";
import { observerOf } from "../../observe/observer-of.ts";
import { Proxy } from "../../services/proxy/proxy.ts";
import { transformed } from "../../services/transform/transformed.ts";
import type { Deferred } from "../../deferred/mod.ts";
import { option, positional, toggle, UsageError, type Values } from "../args.ts";
import { command } from "../command.ts";
import { fetchArgs, fetchOptions } from "../fetch-args.ts";
import { openLog } from "../../process/open-log.ts";
import { presets } from "../../settings/presets.ts";
import { refuseLoop } from "../refuse-loop.ts";
import { requestArgs, requestOptions } from "../request-args.ts";
import { runService } from "../../process/stop.ts";
import { commonArgs, listenArgs, listenOptions } from "../shared-args.ts";
import { onStop } from "../../process/signals.ts";
import { staleArgs, staleOptions } from "../stale-args.ts";
import { oneOf } from "../../settings/units.ts";
import { externalTransformations, viaArgs, viaOf } from "../via-args.ts";

const args = {
  upstream: positional("The server to fetch from: PORT, HOST:PORT or [IPV6]:PORT", parseAddress),
  preset: option({
    hint: "NAME",
    description: `Flags for a known service, which others given override: ${Object.keys(presets).join(", ")}`,
    parse: oneOf(...Object.keys(presets)),
  }),
  ...listenArgs,
  ...fetchArgs,
  ...staleArgs,
  stream: toggle("Send answers as they come in; where one breaks off, clients get its beginning and a reset"),
  ...requestArgs,
  ...viaArgs,
  ...commonArgs,
};

function run(given: Values<typeof args>): Deferred<number> {
  const via = viaOf(given);
  refuseLoop("UPSTREAM", given.upstream, given);
  if (via) refuseLoop("--via", via.address, given);
  if (via && given.stream)
    throw new UsageError("--stream and --transform exclude each other: a poem is transformed as a whole");
  const log = openLog(given);
  const observer = observerOf(log);
  const { cache, answers, fetch } = fetchOptions(given);
  const { grace, staleIfError, ...refreshing } = staleOptions(given);
  const { requests, ...judging } = requestOptions(given);
  const protocolFailed = (error: unknown) => observer.bug(error);
  const transform =
    via &&
    transformed(
      externalTransformations(via, {
        clock,
        timeouts: fetch.timeouts,
        maxAnswer: answers.maxAnswer,
        protocolFailed,
      }),
      { clock, observer, acceptsEmpty: judging.acceptsEmpty },
    );
  const proxy = new Proxy({
    ...listenOptions(given),
    clock,
    observer,
    needsPeers: given.verbose || given.log === "json",
    requests,
    cache: { ...cache, ...refreshing },
    answers: { ...answers, ...judging, grace, staleIfError },
    fetch: { ...fetch, upstreams: [given.upstream], transform },
    stream: given.stream,
  });
  return runService(proxy, { clock, observer, drainTimeout: given["drain-timeout"], onStop });
}

export default command(
  "proxy",
  "Cache a slow service, and ask it once for all who want to know.",
  args,
  run,
  presets,
);
