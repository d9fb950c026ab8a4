import { styleText } from "node:util";

/** The page that help is formatted for. */
export interface Page {
  /** Its width, in characters. */
  readonly columns: number;
  /** Makes a heading stand out. */
  readonly heading: (text: string) => string;
}

/** A line, such as a flag, and the text that explains it. */
export type Entry = readonly [line: string, text: string];

const INDENT = 2;
/** The indent of the explanation below a line. */
const EXPLAINED = 8;
/** A second column narrower than this would have a word or two a line. */
const NARROWEST = 24;

/**
 * Standard output: as wide as its terminal, 80 columns in a pipe; headings are bold on a terminal, unless $NO_COLOR is
 * set.
 */
export function page(): Page {
  return {
    columns: process.stdout.columns || 80,
    heading: (text) => styleText("bold", text, { stream: process.stdout, validateStream: true }),
  };
}

/** A heading, and lines under it, each with its explanation below. */
export function section(title: string, entries: readonly Entry[], { heading, columns }: Page): string[] {
  if (entries.length === 0) return [];
  const body = entries.flatMap(([line, text]) => [
    `${" ".repeat(INDENT)}${line}`, // Never wrapped: it is there to be copied.
    ...(text === "" ? [] : wrap(text, EXPLAINED, columns)),
  ]);
  return ["", heading(title), ...body];
}

/** Like `section`, with the explanations in a second column, if there is room for one. */
export function columnSection(title: string, entries: readonly Entry[], width: number, on: Page): string[] {
  const { heading, columns } = on;
  if (columns - INDENT - width - 2 < NARROWEST) return section(title, entries, on);
  if (entries.length === 0) return [];
  const body = entries.flatMap(([line, text]) => {
    const [first = "", ...rest] = wrap(text, INDENT + width + 2, columns);
    return [`${" ".repeat(INDENT)}${line.padEnd(width)}  ${first.trimStart()}`, ...rest];
  });
  return ["", heading(title), ...body];
}

/** Wraps a text at blanks into lines of at most `columns` characters; only a longer word makes a longer line. */
export function wrap(text: string, indent: number, columns: number): string[] {
  const margin = " ".repeat(indent);
  const broken: string[] = [];
  for (const word of text.split(" ")) {
    const last = broken.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= columns)
      broken.push(`${broken.pop()} ${word}`);
    else broken.push(margin + word);
  }
  return broken;
}

/** Lines as one text, each with its line end. */
export function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join("");
}
