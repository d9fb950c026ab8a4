import { proxy as settings } from "../../settings/commands.ts";
import { presets } from "../../settings/presets.ts";
import { command } from "../command.ts";
import { runOrPrint } from "../run-or-print.ts";

/** `poetry proxy`. Runs until it is stopped, or prints its configuration file with --print-config. */
export default command(
  {
    name: "proxy",
    description: "Cache a slow service and query it once on behalf of all clients.",
    settings,
    presets,
    examples: [
      ["proxy 10001 --port 10000 --ttl 2h", "Cache the poem server on port 10001 for two hours"],
      ["proxy whois.ripe.net:43 --preset whois --port 4343", "Cache a whois server, each query separately"],
      [
        "proxy db:9200 --port 9200 --ttl 1s --grace 5s",
        "Run a health script at most once a second, and make nobody wait for it",
      ],
    ],
  },
  (settled) => runOrPrint("proxy", settled),
);
