import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../");

/** A part of a document that is generated from the code. */
export interface Derived {
  /** The document, relative to the root of the repository. */
  readonly file: string;
  /** The name in its markers: `<!-- NAME:begin -->` and `<!-- NAME:end -->`. */
  readonly name: string;
  readonly table: () => Promise<string> | string;
}

export function markdown(head: readonly string[], lines: readonly (readonly string[])[]): string {
  return [tableRow(head), tableRow(head.map(() => "---")), ...lines.map(tableRow)].join("\n");
}

function tableRow(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

/** `text` with `table` between the markers of that name, formatted by `bun fmt`, which aligns the columns. */
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

/**
 * Writes generated parts into their documents; with `isCheck` it writes nothing. Returns those that were out of date.
 */
export async function update(derived: readonly Derived[], isCheck: boolean): Promise<Derived[]> {
  const outdated: Derived[] = [];
  for (const each of derived) {
    const path = join(ROOT, each.file);
    const text = await Bun.file(path).text();
    const updated = withTable(text, each.name, await each.table());
    if (updated === text) continue;
    outdated.push(each);
    if (!isCheck) await Bun.write(path, updated);
  }
  return isCheck ? outdated : [];
}
