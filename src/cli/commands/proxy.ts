import { externalTransformation } from "../../services/transform/external.ts";
import { Proxy } from "../../services/proxy/proxy.ts";
import { narrate } from "../../observe/narrate.ts";
import { openLog } from "../../process/open-log.ts";
import { runService } from "../../process/run-service.ts";
import { onStop } from "../../process/signals.ts";
import { proxy as settings } from "../../settings/commands.ts";
import { presets } from "../../settings/presets.ts";
import { systemClock as clock } from "../../time/clock.ts";
import { command } from "../command.ts";
import { flatFetching, flatListening } from "../flat-options.ts";

export default command(
  {
    name: "proxy",
    description: "Cache a slow service and query it once on behalf of all clients.",
    settings,
    presets,
    examples: [
      ["proxy 10001 --port 10000 --ttl 2h", "Cache the poem server on port 10001 for two hours"],
      ["proxy whois.ripe.net:43 --preset whois --port 4343", "Cache a whois server, each query by itself"],
      [
        "proxy db:9200 --port 9200 --ttl 1s --grace 5s",
        "Run a health script once a second at most, and let nobody wait for it",
      ],
    ],
  },
  ({ values, options }) => {
    const { via, requests, stream } = options;
    const log = openLog(values);
    const observer = narrate(log);
    const fetching = { ...flatFetching(options), clock, observer };
    const server = { ...fetching, protocolFailed: (error: unknown) => observer({ what: "bug", error }) };
    const { names = [], address } = via;
    const proxy = new Proxy({
      ...flatListening(options),
      ...fetching,
      requests,
      stream,
      transformations: address
        ? names.map((name) => externalTransformation(name, { ...server, address }))
        : [],
    });
    return runService(proxy, { clock, log, drainTimeout: values["drain-timeout"], onStop });
  },
);
