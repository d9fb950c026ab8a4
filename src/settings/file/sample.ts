import { isKind, KINDS, processSettings } from "../kinds.ts";
import type { Setting } from "../setting.ts";
import { defaultTextsOf } from "../settled.ts";
import { byTable, settingLine } from "./toml-text.ts";

/** The introduction of the sample; editors read its first line. */
const HEAD = `#:schema poetry.schema.json
# A configuration of poetry. It lists every setting, with its default or an example.
#
#   poetry up FILE             runs the services that it describes
#   poetry check FILE          finds every mistake in it
#   poetry config schema       prints the schema that editors use, for poetry.schema.json beside this file
#
# A service is a table [COMMAND.NAME]; the NAME is up to you and appears in the log. Relative paths start at this file.
# Regular expressions belong in single quotes.
`;

/** Values for settings without a default, by the hint of the setting. Each must be one that the parser accepts. */
const EXAMPLES: Readonly<Record<string, string>> = {
  ADDRESS: "127.0.0.1:10001",
  CIDR: "127.0.0.0/8",
  MODE: "0660",
  FILE: "poetry.file",
  SHA256: "0123456789abcdef".repeat(4),
  GROUP: "adm",
  "N/s|m|h": "20/s",
  IP: "127.0.0.1",
  NAME: "whois",
  PATH: "poetry.sock",
  URL: "redis://127.0.0.1:6379",
  "file:PATH|env:NAME": "env:REDIS_PASSWORD",
  NAMES: "cummingsify",
  REGEX: "^.",
  "REGEX|json": "^.",
  "REGEX=DURATION": "^.=60s",
  "NAME=COMMAND": "upper=tr a-z A-Z",
  SIZE: "64KiB",
  N: "64",
};

/** A configuration file with every setting commented out, for `poetry config sample`. */
export function sampleFile(): string {
  const process = [...byTable(Object.values(processSettings))].map(([table, rows]) => tableOf(table, rows));
  const services = Object.entries(KINDS).flatMap(([kind, { settings }]) => {
    const rows = byTable(Object.values(settings)).get("") ?? [];
    return isKind(kind) ? [tableOf(`${kind}.NAME`, rows)] : [];
  });
  const defaults = `# Defaults for every proxy, which its own table overrides; likewise for serve, transform-serve and transform-proxy.\n#[defaults.proxy]\n#grace = "10s"\n`;
  return [HEAD, ...process, defaults, ...services].join("\n");
}

/** A table header, commented out, and its settings. */
function tableOf(name: string, rows: readonly Setting[]): string {
  return `#[${name}]\n${rows.map(entryOf).join("")}`;
}

/** The help of a setting, and below it the setting itself, commented out. */
function entryOf(setting: Setting): string {
  const { help, defaultHelp, words = [] } = setting;
  const isTold = words.every((word) => help.includes(word));
  const more = [
    isTold ? "" : `: ${words.join(", ")}`,
    defaultHelp === undefined ? "" : ` (default: ${defaultHelp})`,
  ].join("");
  const text = `${help}${more}`.replace(/--(?=[a-z])/g, ""); // A file has keys, not flags.
  return `# ${text}\n#${settingLine(setting, exampleOf(setting))}\n`;
}

/** The default of a setting, or an example that its parser accepts. */
export function exampleOf(setting: Setting): readonly string[] {
  const { hint = "", kind, words = [] } = setting;
  const standard = defaultTextsOf(setting);
  if (kind === "flag") return [standard[0] ?? "false"];
  if (standard.length > 0) return standard;
  return [EXAMPLES[hint] ?? words[0] ?? (setting.isPath ? "poem.txt" : "127.0.0.1:10001")];
}
