import { config as settings } from "../../settings/commands.ts";
import { sampleFile } from "../../settings/file/sample.ts";
import { fileSchema } from "../../settings/file/schema.ts";
import { command } from "../command.ts";
import { print } from "../print.ts";

/** `poetry config`. Both outputs derive from the tables in settings/. */
export default command(
  {
    name: "config",
    description: "Print a sample configuration file, or the schema of such files for editors.",
    settings,
    examples: [
      ["config sample", "Print a file with every setting commented out"],
      ["config schema", "Print the JSON Schema of configuration files"],
    ],
  },
  ({ values: { what } }) =>
    print(1, what === "sample" ? sampleFile() : `${JSON.stringify(fileSchema(), null, 2)}\n`),
);
