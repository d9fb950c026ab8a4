import { serve as settings } from "../../settings/commands.ts";
import { command } from "../command.ts";
import { runOrPrint } from "../run-or-print.ts";

/** `poetry serve`. Runs until it is stopped, or prints its configuration file with --print-config. */
export default command(
  {
    name: "serve",
    description: "Serve a poem to everyone who connects, or a directory of poems by title.",
    settings,
    examples: [
      ["serve poem.txt --port 10001", "Serve one poem"],
      ["serve poetry/ --port 10001", "Serve each TITLE.txt in poetry/ to clients that send its TITLE"],
      [
        "serve poem.txt --port 10001 --delay 0.7s --num-bytes 10",
        "Serve it slowly: 10 bytes every 0.7 seconds",
      ],
    ],
  },
  (settled) => runOrPrint("serve", settled),
);
