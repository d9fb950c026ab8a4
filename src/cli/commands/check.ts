import { showPlan } from "../../process/config/show.ts";
import { checkFiles } from "../../process/roster/up.ts";
import { check as settings } from "../../settings/commands.ts";
import { command } from "../command.ts";
import { configPaths } from "../config-paths.ts";
import { print } from "../print.ts";
import { printComplaints } from "../print-complaints.ts";

/**
 * `poetry check`. Reads files, looks for programs and folders, and loads certificates; opens no port. Exit code 2:
 * mistakes.
 */
export default command(
  {
    name: "check",
    description: "Find every mistake in configuration files, without running anything.",
    settings,
    examples: [
      ["check poetry.toml", "Report every mistake in a file, with its line and column"],
      ["check poetry.toml --show", "Show all settings of its services, defaults included"],
    ],
  },
  async (settled) => {
    const { file: paths, show } = settled.values;
    const checked = await checkFiles(configPaths("check", paths, settled.isGiven("file")));
    if ("complaints" in checked) return printComplaints(checked.complaints);
    if (show) return print(1, showPlan(checked.plan));
    const { services, files } = checked.plan;
    const counted = services.length === 1 ? "1 service" : `${services.length} services`;
    return print(1, `${files.join(", ")}: ${counted}, no mistakes.\n`);
  },
);
