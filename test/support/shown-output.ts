const DATE = String.raw`\d{4}-(?:\d\d|\w{3})-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?Z?)?`;
const TIME = String.raw`\d\d:\d\d:\d\d(?:\.\d+)?`;
const DIGEST = String.raw`\b[0-9a-f]{32}\b`;
/** A hashed request in the log. */
const HASHED = String.raw`#[0-9a-f]{16}\b`;

/** Patterns of text that varies: as shown in a document, and as it may be printed. */
const VARYING: readonly (readonly [shown: string, like: string])[] = [
  [DATE, DATE],
  [TIME, TIME],
  [DIGEST, DIGEST],
  [HASHED, HASHED],
  [String.raw`(?<=:)(?:3[3-9]|[45]\d)\d{3}\b`, String.raw`\d{4,5}`], // The port of a client.
  [String.raw`\b\d+ ?ms\b`, String.raw`\d+ ?m?s`],
];
const ANY_VARYING = new RegExp(VARYING.map(([shown]) => `(${shown})`).join("|"), "g");

/**
 * Compares the output of a program with what a document shows. Times and the like may differ, but what the document
 * shows twice must be equal twice. A line "..." stands for any number of lines, and blanks match any blanks.
 */
export class ShownOutput {
  readonly #known = new Map<string, string>();

  /** Describes a difference; `undefined` if there is none. */
  compare(shown: readonly string[], printed: string): string | undefined {
    const names: string[] = [];
    const lines = shown.filter((line, index) => line !== "" || index < shown.length - 1);
    const pattern = lines
      .map((line) =>
        line === "..." ? "(?:.*\\n)*?" : `${this.#patternOf(line.trimEnd(), names)}[ \\t\\r]*\\n`,
      )
      .join("");
    const found = new RegExp(`^${pattern}$`).exec(
      printed.endsWith("\n") || printed === "" ? printed : `${printed}\n`,
    );
    if (!found) return `shown:\n${shown.join("\n")}\nprinted:\n${printed}`;
    for (const [index, literal] of names.entries()) this.#known.set(literal, found[index + 1] as string);
    return undefined;
  }

  #patternOf(line: string, names: string[]): string {
    let pattern = "";
    let from = 0;
    for (const found of line.matchAll(ANY_VARYING)) {
      const [literal, ...kinds] = found;
      const [, like = ""] = VARYING[kinds.findIndex((each) => each !== undefined)] ?? [];
      pattern += exactly(line.slice(from, found.index)) + this.#varying(literal, like, names);
      from = found.index + literal.length;
    }
    return pattern + exactly(line.slice(from));
  }

  #varying(literal: string, like: string, names: string[]): string {
    const known = this.#known.get(literal);
    if (known !== undefined) return exactly(known);
    const before = names.indexOf(literal);
    if (before !== -1) return `\\${before + 1}`;
    names.push(literal);
    return `(${like})`;
  }
}

function exactly(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&").replace(/[ \t]+/g, "[ \\t]+");
}
