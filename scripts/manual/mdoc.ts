/** The macros of mdoc(7) in which pages are written. Each function returns whole lines, without the last line end. */

/** The program's name in pages: that of the package, which is unique. */
export const PROGRAM = "poetry-proxy";

/** A text with each sentence on its own line, as mdoc requires. */
export function text(words: string): string {
  const sentences = withProgram(words).replace(/([.!?]["')]?) (?=[A-Z"`])/g, "$1\n");
  return escaped(sentences).replace(/^(?=[.'])/gm, "\\&");
}

/** A heading and its content; nothing if there is no content. */
export function section(title: string, ...body: readonly string[]): string[] {
  return body.length === 0 ? [] : [`.Sh ${title}`, ...body];
}

export function subsection(title: string, ...body: readonly string[]): string[] {
  return body.length === 0 ? [] : [`.Ss ${argument(title)}`, ...body];
}

/** A list of terms with their explanations. */
export function terms(entries: readonly (readonly [term: string, ...explanation: string[]])[]): string[] {
  if (entries.length === 0) return [];
  const items = entries.flatMap(([term, ...explanation]) => [`.It ${term}`, ...explanation]);
  return [".Bl -tag -width Ds", ...items, ".El"];
}

/** Literal lines, which are never wrapped, so that they can be copied. */
export function literal(lines: readonly string[]): string[] {
  const body = lines.map((line) => escaped(line).replace(/^(?=[.'])/, "\\&"));
  return [".Bd -literal -offset indent", ...body, ".Ed"];
}

/** One argument of a macro, quoted if necessary. */
export function argument(value: string): string {
  const plain = escaped(value).replaceAll('"', "\\(dq");
  return /^[^ ]+$/.test(plain) ? word(plain) : `"${plain}"`;
}

/** A list of other pages. */
export function references(pages: readonly (readonly [name: string, part: number])[]): string[] {
  return pages.map(([name, part], index) => `.Xr ${name} ${part}${index < pages.length - 1 ? " ," : ""}`);
}

/** Escapes a word that mdoc would take for a macro or punctuation. */
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

/** Replaces `poetry` in texts by the package's name, which readers of a page have typed. */
function withProgram(words: string): string {
  return words.replace(/\bpoetry (?=[a-z]+\b(?! takes| does| is| has| at))/g, `${PROGRAM} `);
}
