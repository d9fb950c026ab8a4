import { completion as settings } from "../../settings/commands.ts";
import { command } from "../command.ts";
import { completionScript } from "../completion/scripts.ts";
import { print } from "../print.ts";

/** `poetry completion`. The script asks the program itself, so it need not be updated with it. */
export default command(
  {
    name: "completion",
    description: "Print a script that makes a shell complete commands, flags and their values.",
    settings,
    examples: [
      ["completion bash", 'For ~/.bashrc: eval "$(poetry completion bash)"'],
      ["completion fish", "For ~/.config/fish/config.fish: poetry completion fish | source"],
    ],
  },
  ({ values: { shell } }) => print(1, completionScript(shell)),
);
