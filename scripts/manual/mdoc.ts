/** The macros of mdoc(7) that pages are written in: each gives whole lines, without the last line end. */

/** The program's name in pages: the package's, which no other program has. */
export const PROGRAM = "poetry-proxy";

/** A text of sentences, each on a line of its own, as mdoc has it. */
export function text(words: string): string {
  const sentences = withProgram(words).replace(/([.!?]["')]?) (?=[A-Z"`])/g, "$1\n");
  return escaped(sentences).replace(/^(?=[.'])/gm, "\\&");
}

/** A heading, and what stands below it; nothing without that. */
export function section(title: string, ...body: readonly string[]): string[] {
  return body.length === 0 ? [] : [`.Sh ${title}`, ...body];
}

export function subsection(title: string, ...body: readonly string[]): string[] {
  return body.length === 0 ? [] : [`.Ss ${argument(title)}`, ...body];
}

/** A list of terms, each with what explains it. */
export function terms(entries: readonly (readonly [term: string, ...explanation: string[]])[]): string[] {
  if (entries.length === 0) return [];
  const items = entries.flatMap(([term, ...explanation]) => [`.It ${term}`, ...explanation]);
  return [".Bl -tag -width Ds", ...items, ".El"];
}

/** Lines that stand as they are, never broken: they are there to be copied. */
export function literal(lines: readonly string[]): string[] {
  const body = lines.map((line) => escaped(line).replace(/^(?=[.'])/, "\\&"));
  return [".Bd -literal -offset indent", ...body, ".Ed"];
}

/** One argument of a macro, whatever is in it. */
export function argument(value: string): string {
  const plain = escaped(value).replaceAll('"', "\\(dq");
  return /^[^ ]+$/.test(plain) ? word(plain) : `"${plain}"`;
}

/** Other pages, as a list. */
export function references(pages: readonly (readonly [name: string, part: number])[]): string[] {
  return pages.map(([name, part], index) => `.Xr ${name} ${part}${index < pages.length - 1 ? " ," : ""}`);
}

/** A word that mdoc takes for neither a macro nor punctuation. */
function word(value: string): string {
  return /^([A-Z%][a-z]{0,2}[a-z\d]?|[.,:;()[\]?!|])$/.test(value)
    ? `\\&${value}`
    : value.replaceAll('"', "\\(dq");
}

function escaped(value: string): string {
  return value
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("`", "\\(ga")
    .replaceAll("…", "\\&...")
    .replaceAll("–", "\\(en");
}

/** Texts say `poetry ctl`; who reads a page has typed the package's name. */
function withProgram(words: string): string {
  return words.replace(/\bpoetry (?=[a-z]+\b(?! takes| does| is| has| at))/g, `${PROGRAM} `);
}
