/** Writes the table of flags into README.md, between its markers. `--check` writes nothing and fails if it is out of date. */
import type { Arg } from "../src/cli/args.ts";
import type { Command } from "../src/cli/command.ts";

const BEGIN = "<!-- flags:begin -->";
const END = "<!-- flags:end -->";
const ROOT = new URL("..", import.meta.url).pathname;
const README = Bun.file(`${ROOT}README.md`);
const COMMANDS = `${ROOT}src/cli/commands/`;

/** A flag, and the commands that understand it. */
interface Row {
  readonly name: string;
  readonly arg: Arg;
  readonly commands: string[];
}

/** The flags of all commands: those of one command first, those of all last. */
export async function flagsTable(): Promise<string> {
  const rows: Row[] = [];
  const files = [...new Bun.Glob("*.ts").scanSync(COMMANDS)].toSorted();
  for (const file of files) {
    const { default: command } = (await import(COMMANDS + file)) as { default: Command };
    for (const [name, arg] of Object.entries(command.args)) {
      if (arg.kind !== "option" && arg.kind !== "switch") continue;
      const known = rows.find((row) => row.arg === arg); // Shared flags are one object.
      if (known) known.commands.push(command.name);
      else rows.push({ name, arg, commands: [command.name] });
    }
  }
  const width = (row: Row) => row.commands.length;
  const sorted = rows.toSorted((a, b) => width(a) - width(b));
  return ["| command | flag | default | meaning |", "|---|---|---|---|", ...sorted.map(line)].join("\n");

  function line({ name, arg, commands }: Row): string {
    const names = [`--${name}`, ...(arg.alias ? [(arg.alias.length > 1 ? "--" : "-") + arg.alias] : [])];
    const hint = arg.hint ? ` ${arg.hint}` : "";
    const cells = [
      commands.length === files.length ? "all" : commands.join(", "),
      names.map((each) => `\`${each}${hint}\``).join(", "),
      arg.default === undefined ? "" : `\`${arg.default}\``,
      arg.description,
    ];
    return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  }
}

/** `readme` with `table` between its markers, as `bun fmt` leaves it: it aligns the columns. */
export function withFlags(readme: string, table: string): string {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin === -1 || end < begin) throw new Error(`README.md lacks ${BEGIN} … ${END}`);
  const text = `${readme.slice(0, begin + BEGIN.length)}\n\n${table}\n\n${readme.slice(end)}`;
  const format = [process.execPath, "fmt", "--no-script", "--stdin-filepath=README.md"];
  const formatted = Bun.spawnSync(format, { cwd: ROOT, stdin: Buffer.from(text), stderr: "inherit" });
  if (!formatted.success) throw new Error("bun fmt failed on README.md");
  return formatted.stdout.toString();
}

if (import.meta.main) {
  const readme = await README.text();
  const updated = withFlags(readme, await flagsTable());
  if (!process.argv.includes("--check")) await Bun.write(README, updated);
  else if (updated !== readme) {
    console.error('The flags in README.md are out of date: run "bun scripts/flags.ts".');
    process.exit(1);
  }
}
