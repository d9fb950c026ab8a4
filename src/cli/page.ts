import { styleText } from "node:util";

/** What help is printed on. */
export interface Page {
  readonly columns: number;
  /** Makes a heading stand out. */
  readonly heading: (text: string) => string;
}

/** Something that is said, and the text that explains it. */
export type Entry = readonly [line: string, text: string];

const INDENT = 2;
/** How far what explains a line stands in from it. */
const EXPLAINED = 8;
/** A second column narrower than this would have a word or two a line. */
const NARROWEST = 24;

/** Standard output, as wide as its terminal; headings stand out there unless $NO_COLOR is set. */
export function page(): Page {
  return {
    columns: process.stdout.columns || 80,
    heading: (text) => styleText("bold", text, { stream: process.stdout, validateStream: true }),
  };
}

/** A heading, and lines under it, each with its text below. */
export function section(title: string, entries: readonly Entry[], { heading, columns }: Page): string[] {
  if (entries.length === 0) return [];
  const body = entries.flatMap(([line, text]) => [
    `${" ".repeat(INDENT)}${line}`, // Never broken: a value is there to be copied.
    ...(text === "" ? [] : wrap(text, EXPLAINED, columns)),
  ]);
  return ["", heading(title), ...body];
}

/** The same, with the texts in a second column, if there is room for one. */
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

/** Breaks a text at blanks into lines of at most `columns`, where no word is longer. */
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

/** Lines as one text. */
export function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join("");
}
