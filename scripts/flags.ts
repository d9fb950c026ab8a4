/**
 * Writes the tables that derive from the code, each between its markers: flags, presets and their notes,
 * transformations, metrics, commands of ctl and endings into their pages in docs/, and the index of docs/decisions/.
 * `--check` writes nothing, and fails if one is out of date.
 */
import { join } from "node:path";
import type { Command } from "../src/cli/command.ts";
import { wrap } from "../src/cli/page.ts";
import { CTL_COMMANDS } from "../src/cli/ctl/commands.ts";
import { ENDINGS } from "../src/net/ending.ts";
import { METRICS } from "../src/observe/numbers/metrics.ts";
import { SUBJECT_LABELS } from "../src/observe/numbers/family.ts";
import { presets } from "../src/settings/presets.ts";
import { isArgument, nameOf, type Setting } from "../src/settings/setting.ts";
import { BUILT_IN } from "../src/services/transform/built-in.ts";
import { DECISIONS } from "./decisions.ts";
import { KEYS } from "./keys.ts";
import { markdown, update, type Derived } from "./markdown.ts";

const ROOT = join(import.meta.dirname, "../");
const COMMANDS = `${ROOT}src/cli/commands/`;

/** The files with a table, the name in its markers, and the table. */
export const TABLES: readonly Derived[] = [
  { file: "docs/settings.md", name: "flags", table: flagsTable },
  { file: "docs/presets.md", name: "presets", table: presetsTable },
  { file: "docs/presets.md", name: "notes", table: presetNotes },
  { file: "docs/transformations.md", name: "transformations", table: transformationsTable },
  KEYS,
  { file: "docs/metrics.md", name: "metrics", table: metricsTable },
  { file: "docs/control.md", name: "orders", table: ordersTable },
  { file: "docs/access-log.md", name: "endings", table: endingsTable },
  DECISIONS,
];

/** A setting, and the commands that accept it. */
interface Row {
  readonly setting: Setting;
  readonly commands: string[];
}

/**
 * The flags of all commands, with a table for each group; those of a single command come first, those of all commands
 * last.
 */
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

/** Whether two settings read the same: commands share most settings, but a few flags have another default or help. */
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
    help + (page ? `; see [${page}](${page}.md)` : ""),
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

function presetNotes(): string {
  return Object.entries(presets)
    .map(([name, { notes, example }]) => {
      const text = paragraph(`**${name}.** ${notes.join(" ")}`);
      return `${text}\n\n\`\`\`sh\npoetry ${example}\n\`\`\``;
    })
    .join("\n\n");
}

/** A text wrapped at the line length of other documents. */
function paragraph(text: string): string {
  return wrap(text, 0, 120).join("\n");
}

function transformationsTable(): string {
  const lines = BUILT_IN.map(({ name, description }) => [`\`${name}\``, description]);
  return markdown(["name", "result"], lines);
}

function metricsTable(): string {
  const lines = Object.entries(METRICS).map(([name, { type, of, by, labels = [], help }]) => [
    `\`${name}\``,
    type,
    [...SUBJECT_LABELS[of], ...labels, ...(by ? [by] : [])].map((label) => `\`${label}\``).join(", "),
    help,
  ]);
  return markdown(["name", "type", "labels", "meaning"], lines);
}

function ordersTable(): string {
  const lines = Object.values(CTL_COMMANDS).map(({ name, description, settings }) => {
    const own = Object.values(settings).filter(({ flag }) => !["socket", "json", "help"].includes(flag));
    const words = own.map((setting) => {
      if (isArgument(setting))
        return setting.default === undefined ? nameOf(setting) : `[${nameOf(setting)}]`;
      return `[${nameOf(setting)}${setting.hint === undefined ? "" : ` ${setting.hint}`}]`;
    });
    return [`\`${[name, ...words].join(" ")}\``, description];
  });
  return markdown(["command", "what it does"], lines);
}

function endingsTable(): string {
  const lines = Object.entries(ENDINGS).map(([code, { isError, text }]) => [
    `\`${code}\``,
    isError ? "no" : "yes",
    text,
  ]);
  return markdown(["ending", "whole answer", "meaning"], lines);
}

if (import.meta.main) {
  for (const { file, name } of await update(TABLES, process.argv.includes("--check"))) {
    console.error(`The part "${name}" of ${file} is out of date: run "bun scripts/flags.ts".`);
    process.exitCode = 1;
  }
}
