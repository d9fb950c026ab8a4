import { up } from "../../process/roster/up.ts";
import { up as settings } from "../../settings/commands.ts";
import { processSettings } from "../../settings/kinds.ts";
import { command } from "../command.ts";
import { configPaths } from "../config-paths.ts";
import { printComplaints } from "../print-complaints.ts";

/**
 * `poetry up`. Flags override the process settings of the files. Exit code 2: mistakes in the files, which are printed.
 */
export default command(
  {
    name: "up",
    description: "Run all services that configuration files describe.",
    settings,
    examples: [
      ["up poetry.toml", "Run the services of one file"],
      ["up /etc/poetry-proxy/conf.d", "Run those of all *.toml in a directory"],
    ],
  },
  async (settled) => {
    const given = Object.keys(processSettings).filter((flag) => settled.isGiven(flag));
    const overrides = new Map(given.map((flag) => [flag, settled.textsOf(flag)]));
    const paths = configPaths("up", settled.values.file, settled.isGiven("file"));
    const outcome = await up(paths, overrides);
    return typeof outcome === "number" ? outcome : printComplaints(outcome);
  },
);
