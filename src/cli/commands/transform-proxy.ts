import { transformProxy as settings } from "../../settings/commands.ts";
import { command } from "../command.ts";
import { runOrPrint } from "../run-or-print.ts";

export default command(
  {
    name: "transform-proxy",
    description: "Cache another server's transformations, so that each is done only once.",
    settings,
    examples: [
      ["transform-proxy 11000 --port 11001", "Cache what the server on port 11000 does"],
      ["transform-proxy 11000 --port 11001 --transforms shout,rot13", "Let clients ask for these two only"],
    ],
  },
  (settled) => runOrPrint("transform-proxy", settled),
);
