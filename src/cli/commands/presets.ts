import { presetsShown as settings } from "../../settings/commands.ts";
import { presets } from "../../settings/presets.ts";
import { command } from "../command.ts";
import { page } from "../page.ts";
import { presetList, presetPage } from "../preset-page.ts";
import { print } from "../print.ts";

/** `poetry presets`. */
export default command(
  {
    name: "presets",
    description: "List the presets of poetry proxy for known services, or explain one.",
    settings,
    examples: [
      ["presets", "List them, one per line"],
      ["presets whois", "Show what one sets, and why"],
    ],
  },
  ({ values: { name } }) => {
    const preset = name === undefined ? undefined : presets[name];
    if (name !== undefined && preset) return print(1, presetPage(name, preset, page()));
    const columns = process.stdout.isTTY ? page().columns : Infinity; // Programs want one line per preset.
    return print(1, presetList(presets, { ...page(), columns }));
  },
);
