import { transformProxy as settings } from "../../settings/commands.ts";
import { command } from "../command.ts";
import { runOrPrint } from "../run-or-print.ts";

/** `poetry transform-proxy`. Runs until it is stopped, or prints its configuration file with --print-config. */
export default command(
  {
    name: "transform-proxy",
    description: "Cache another server's transformations, so that each is done only once.",
    settings,
    examples: [
      ["transform-proxy 11000 --port 11001", "Cache the transformations of the server on port 11000"],
      ["transform-proxy 11000 --port 11001 --transforms shout,rot13", "Let clients request only these two"],
    ],
  },
  (settled) => runOrPrint("transform-proxy", settled),
);
