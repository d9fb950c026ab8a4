import { byTable } from "../src/settings/file/toml-text.ts";
import { isKind, KINDS, processSettings } from "../src/settings/kinds.ts";
import { keyOf, type Setting } from "../src/settings/setting.ts";
import { defaultTextsOf } from "../src/settings/settled.ts";
import { markdown, type Derived } from "./markdown.ts";

/** The keys of configuration files. */
export const KEYS: Derived = { file: "docs/configuration.md", name: "keys", table: keysTables };

const HEAD = ["key", "default", "meaning"];

function keysTables(): string {
  const process = [...byTable(Object.values<Setting>(processSettings))].map(([table, rows]) =>
    section(`[${table}]`, rows),
  );
  const services = Object.entries(KINDS).map(([kind, { settings }]) => {
    const rows = byTable(Object.values<Setting>(settings)).get("") ?? [];
    return isKind(kind) ? section(`[${kind}.NAME]`, rows) : "";
  });
  return [...process, ...services].join("\n\n");
}

function section(title: string, rows: readonly Setting[]): string {
  return `### \`${title}\`\n\n${markdown(HEAD, rows.map(cellsOf))}`;
}

function cellsOf(setting: Setting): string[] {
  const { help, defaultHelp, page, kind } = setting;
  const standard = kind === "flag" ? "false" : defaultTextsOf(setting).join(" ");
  return [
    `\`${keyOf(setting).replace(/^.*\./, "")}\``,
    withoutDashes(defaultHelp ?? (standard && `\`${standard}\``)),
    withoutDashes(help) + (page ? `; see [${page}](${page}.md)` : ""),
  ];
}

/** Turns flags in a text into keys of a file. */
function withoutDashes(text: string): string {
  return text.replace(/--(?=[a-z])/g, "");
}
