import ms from "ms";

/** Parsers for values as users write them. Each throws a SyntaxError that says what was expected. */

const UNITS: Readonly<Record<string, number>> = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

/** A length of time, in milliseconds: `90s`, `1.5h`, `250ms`, `30d`, `0` or `inf`. */
export function duration(text: string): number {
  return text === "inf" ? Infinity : milliseconds(text, "such as 250ms, 90s, 1.5h, 30d, 0 or inf");
}

/** Like `duration`, but refuses `inf`. */
export function finiteDuration(text: string): number {
  return milliseconds(text, "of finite length, such as 250ms, 0.7s, 1.5h or 0");
}

function milliseconds(text: string, expected: string): number {
  if (text === "0") return 0;
  // The pattern comes first: `ms` alone also accepts "-5s", "5" and "5 weeks".
  const value = /^\d+(\.\d+)?(ms|s|m|h|d)$/.test(text) ? ms(text as ms.StringValue) : NaN;
  if (!Number.isFinite(value)) throw new SyntaxError(`expected a duration ${expected}`);
  return value;
}

/** A size in bytes: `512KiB`, `64MiB`, `1.5GiB`, `4096`. */
export function size(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(B|KiB|MiB|GiB)?$/.exec(text);
  const bytes = match ? Number(match[1]) * (UNITS[match[2] ?? "B"] as number) : NaN;
  if (!Number.isSafeInteger(bytes)) throw new SyntaxError("expected a size such as 4096, 512KiB or 64MiB");
  return bytes;
}

/** A size of at least one byte. */
export function positiveSize(text: string): number {
  const bytes = size(text);
  if (bytes === 0) throw new SyntaxError("expected a size of at least 1 byte");
  return bytes;
}

/** A whole number of at least 1. */
export function count(text: string): number {
  return wholeNumber(text, "expected a whole number of at least 1");
}

/** Like `count`, but allows 0. */
export function countOrZero(text: string): number {
  return text === "0" ? 0 : wholeNumber(text, "expected a whole number of at least 0");
}

/** Like `count`, but allows `inf`, for no limit. */
export function countOrInf(text: string): number {
  return text === "inf" ? Infinity : wholeNumber(text, "expected a whole number of at least 1, or inf");
}

/** As `count`, but no more than `most`. */
export function countUpTo(most: number): (text: string) => number {
  const expected = `expected a whole number from 1 to ${most}`;
  return (text) => {
    const value = wholeNumber(text, expected);
    if (value > most) throw new SyntaxError(expected);
    return value;
  };
}

function wholeNumber(text: string, expected: string): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  if (value < 1) throw new SyntaxError(expected);
  return value;
}

const SPANS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

/** A count per span of time: `10/s`, `30/m`, `100/h`; the span is in milliseconds. */
export function rate(text: string): { count: number; span: number } {
  const [, number = "0", unit = ""] = /^(\d{1,6})\/([smh])$/.exec(text) ?? [];
  const most = Number(number);
  if (most === 0) throw new SyntaxError("expected a rate such as 20/s, 30/m or 100/h");
  return { count: most, span: SPANS[unit] as number };
}

/** A percentage as a fraction from 0 to 1: `10%`, `0`. */
export function share(text: string): number {
  const percent = text === "0" ? 0 : Number(/^(\d+(?:\.\d+)?)%$/.exec(text)?.[1] ?? NaN);
  if (!(percent <= 100)) throw new SyntaxError("expected a percentage from 0% to 100%, such as 10%");
  return percent / 100;
}

/** One of a closed set of words. */
export function oneOf<const W extends string>(...words: W[]): (text: string) => W {
  return (text) => {
    const word = words.find((each) => each === text);
    if (word === undefined) throw new SyntaxError(`expected ${alternatives(words)}`);
    return word;
  };
}

/** Any of a closed set of words, separated by commas, each at most once; the empty text is an empty list. */
export function someOf<const W extends string>(...words: W[]): (text: string) => W[] {
  return (text) => (text === "" ? [] : distinct(text.split(",").map(oneOf(...words))));
}

/** The words unchanged, if none is repeated: a second one would have no effect. */
export function distinct<W extends string>(words: W[]): W[] {
  const twice = words.find((word, index) => words.indexOf(word) < index);
  if (twice !== undefined) throw new SyntaxError(`expected ${twice} only once`);
  return words;
}

/** Any text except the empty one. */
export function nonEmpty(text: string): string {
  if (text === "") throw new SyntaxError("must not be empty");
  return text;
}

/** Words for an error message: `a, b or c`. */
export function alternatives(words: readonly string[]): string {
  return [words.slice(0, -1).join(", "), ...words.slice(-1)].filter(Boolean).join(" or ");
}
