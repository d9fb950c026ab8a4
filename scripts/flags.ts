/**
 * Writes the tables that derive from the code, each between its markers: flags into README.md, presets and
 * transformations into their pages in docs/, the index of docs/decisions/. `--check` writes nothing and fails if one is out of date.
 */
import { join } from "node:path";
import type { Arg } from "../src/cli/args.ts";
import type { Command } from "../src/cli/command.ts";
import { presets } from "../src/settings/presets.ts";
import { BUILT_IN } from "../src/services/transform/built-in.ts";
import { DECISIONS } from "./decisions.ts";
import { markdown, update, type Derived } from "./markdown.ts";

const ROOT = join(import.meta.dirname, "../");
const COMMANDS = `${ROOT}src/cli/commands/`;

/** The files with a table, the name in their markers, and the table. */
export const TABLES: readonly Derived[] = [
  { file: "README.md", name: "flags", table: flagsTable },
  { file: "docs/presets.md", name: "presets", table: presetsTable },
  { file: "docs/transformations.md", name: "transformations", table: transformationsTable },
  DECISIONS,
];

/** A flag, and the commands that understand it. */
interface Row {
  readonly name: string;
  readonly arg: Arg;
  readonly commands: string[];
}

/** The flags of all commands: those of one command first, those of all last. */
async function flagsTable(): Promise<string> {
  const rows: Row[] = [];
  const files = [...new Bun.Glob("*.ts").scanSync(COMMANDS)].toSorted();
  for (const file of files) {
    const { default: command } = (await import(COMMANDS + file)) as { default: Command };
    for (const [name, arg] of Object.entries(command.args)) {
      if (arg.kind === "positional" || arg.kind === "positionals") continue;
      const known = rows.find((row) => row.arg === arg); // Shared flags are one object.
      if (known) known.commands.push(command.name);
      else rows.push({ name, arg, commands: [command.name] });
    }
  }
  const sorted = rows.toSorted((a, b) => a.commands.length - b.commands.length);
  const lines = sorted.map(({ name, arg, commands }) => {
    const names = [`--${name}`, ...(arg.alias ? [(arg.alias.length > 1 ? "--" : "-") + arg.alias] : [])];
    const hint = arg.hint ? ` ${arg.hint}` : "";
    return [
      commands.length === files.length ? "all" : commands.join(", "),
      names.map((each) => `\`${each}${hint}\``).join(", "),
      arg.default ? `\`${[arg.default].flat().join(" ")}\`` : "",
      arg.description,
    ];
  });
  return markdown(["command", "flag", "default", "meaning"], lines);
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

if (import.meta.main) {
  for (const { file, name } of await update(TABLES, process.argv.includes("--check"))) {
    console.error(`The part "${name}" of ${file} is out of date: run "bun scripts/flags.ts".`);
    process.exitCode = 1;
  }
}
