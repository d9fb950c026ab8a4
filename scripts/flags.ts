/**
 * Writes the tables that derive from the code, each between its markers: flags into README.md, presets and
 * transformations into their pages in docs/. `--check` writes nothing and fails if one is out of date.
 */
import { join } from "node:path";
import type { Command } from "../src/cli/command.ts";
import { presets } from "../src/settings/presets.ts";
import { isArgument, type Setting } from "../src/settings/setting.ts";
import { BUILT_IN } from "../src/services/transform/built-in.ts";

const ROOT = join(import.meta.dirname, "../");
const COMMANDS = `${ROOT}src/cli/commands/`;

/** The files with a table, the name in their markers, and the table. */
export const TABLES: readonly { file: string; name: string; table: () => Promise<string> | string }[] = [
  { file: "README.md", name: "flags", table: flagsTable },
  { file: "docs/presets.md", name: "presets", table: presetsTable },
  { file: "docs/transformations.md", name: "transformations", table: transformationsTable },
];

/** A setting, and the commands that understand it. */
interface Row {
  readonly setting: Setting;
  readonly commands: string[];
}

/** The flags of all commands, a table for each group: first what one command has, last what all have. */
async function flagsTable(): Promise<string> {
  const rows: Row[] = [];
  const files = [...new Bun.Glob("*.ts").scanSync(COMMANDS)].toSorted();
  for (const file of files) {
    const { default: command } = (await import(COMMANDS + file)) as { default: Command };
    for (const setting of Object.values(command.settings)) {
      if (isArgument(setting)) continue;
      const known = rows.find((row) => saysTheSame(row.setting, setting));
      if (known) known.commands.push(command.name);
      else rows.push({ setting, commands: [command.name] });
    }
  }
  const groups = [...Map.groupBy(rows, ({ setting }) => setting.group)];
  const spread = (group: readonly Row[]) => Math.max(...group.map(({ commands }) => commands.length));
  const sorted = groups.toSorted(([, a], [, b]) => spread(a) - spread(b));
  const head = ["flag", "default", "meaning", "commands"];
  return sorted
    .map(([title, group]) => {
      const lines = group.map((row) => flagCells(row, files.length));
      return `### ${title}\n\n${markdown(head, lines)}`;
    })
    .join("\n\n");
}

/** Commands share most settings; a few have the same flag with another default or help. */
function saysTheSame(one: Setting, other: Setting): boolean {
  return (["flag", "group", "help", "default"] as const).every((part) => one[part] === other[part]);
}

function flagCells({ setting, commands }: Row, all: number): string[] {
  const { flag, alias, hint, help, page, default: standard = "", defaultHelp } = setting;
  const names = [`--${flag}`, ...(alias ? [(alias.length > 1 ? "--" : "-") + alias] : [])];
  const written = [standard].flat().join(" ");
  return [
    names.map((each) => `\`${each}${hint ? ` ${hint}` : ""}\``).join(", "),
    defaultHelp ?? (written && `\`${written}\``),
    help + (page ? `; see [${page}](docs/${page}.md)` : ""),
    commands.length === all ? "all" : commands.join(", "),
  ];
}

function presetsTable(): string {
  const lines = Object.entries(presets).map(([name, { description, flags }]) => {
    const given = Object.entries(flags).flatMap(([flag, value]) =>
      [value].flat().map((each) => ({ flag, each })),
    );
    return [`\`${name}\``, description, given.map(({ flag, each }) => `\`--${flag} '${each}'\``).join(" ")];
  });
  return markdown(["preset", "for", "what it sets"], lines);
}

function transformationsTable(): string {
  const lines = BUILT_IN.map(({ name, description }) => [`\`${name}\``, description]);
  return markdown(["name", "what becomes of the poem"], lines);
}

function markdown(head: readonly string[], lines: readonly (readonly string[])[]): string {
  return [tableRow(head), tableRow(head.map(() => "---")), ...lines.map(tableRow)].join("\n");
}

function tableRow(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

/** `text` with `table` between the markers of that name, as `bun fmt` leaves it: it aligns the columns. */
export function withTable(text: string, name: string, table: string): string {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`There is no ${begin} … ${end}`);
  const updated = `${text.slice(0, from + begin.length)}\n\n${table}\n\n${text.slice(to)}`;
  const format = [process.execPath, "fmt", "--no-script", "--stdin-filepath=README.md"];
  const formatted = Bun.spawnSync(format, { cwd: ROOT, stdin: Buffer.from(updated), stderr: "inherit" });
  if (!formatted.success) throw new Error("bun fmt failed");
  return formatted.stdout.toString();
}

if (import.meta.main) {
  for (const { file, name, table } of TABLES) {
    const path = ROOT + file;
    const text = await Bun.file(path).text();
    const updated = withTable(text, name, await table());
    if (!process.argv.includes("--check")) await Bun.write(path, updated);
    else if (updated !== text) {
      console.error(`The table of ${name} in ${file} is out of date: run "bun scripts/flags.ts".`);
      process.exitCode = 1;
    }
  }
}
