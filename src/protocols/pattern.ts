import type { RE2JS } from "re2js";
import { translatePattern } from "./pattern-syntax.ts";

/** A test of a text that has one character per byte. */
export interface TextTest {
  test(text: string): boolean;
}

/** Removes a part from a text. */
export interface TextCut {
  cut(text: string): string;
}

/**
 * Steps of the largest compiled pattern: once its table of states overflows, the time per byte grows with this size.
 */
const LONGEST_PROGRAM = 1000;

let engine: typeof RE2JS | undefined;

/** Loads the engine, which takes 4 ms. Called before the first pattern is parsed, and only if there is one. */
export async function loadPatterns(): Promise<void> {
  ({ RE2JS: engine } = await import("re2js"));
}

/**
 * A user's regular expression. Matching takes linear time for any pattern, because RE2 follows all paths through the
 * pattern at once, where RegExp backtracks.
 */
export class Pattern implements TextTest, TextCut {
  readonly #compiled: RE2JS;

  /**
   * @param source PATTERN or /PATTERN/flags with the flags i, m and s
   * @throws {SyntaxError} saying what was expected
   */
  constructor(readonly source: string) {
    if (!engine) throw new Error(`Cannot read the pattern ${source}: loadPatterns() has not been called`);
    const { body, flags } = split(source);
    try {
      this.#compiled = engine.compile(translatePattern(body), flagsOf(flags, engine));
    } catch (error) {
      if (error instanceof SyntaxError) throw error;
      const detail = (error as Error).message.replace("error parsing regexp: ", "");
      throw new SyntaxError(`expected a regular expression; ${detail}`, { cause: error });
    }
    const size = this.#compiled.programSize();
    if (size > LONGEST_PROGRAM) {
      const found = `expected a shorter regular expression: at most ${LONGEST_PROGRAM} steps when compiled, not ${size}`;
      throw new SyntaxError(`${found}; give the flag several times`);
    }
  }

  test(text: string): boolean {
    return this.#compiled.test(text);
  }

  /** The text without the first match. */
  cut(text: string): string {
    if (!this.#compiled.test(text)) return text; // First: ten times as fast as finding the position.
    const match = this.#compiled.matcher(text);
    return match.find() ? text.slice(0, match.start()) + text.slice(match.end()) : text;
  }
}

/** The opposite of a pattern: `!PATTERN`. */
class Negated implements TextTest {
  constructor(readonly pattern: Pattern) {}

  test(text: string): boolean {
    return !this.pattern.test(text);
  }
}

/**
 * A pattern or, with `!` as its first character, its opposite.
 *
 * @throws {SyntaxError} saying what was expected
 */
export function parseTest(text: string): TextTest {
  return text.startsWith("!") ? new Negated(patternOf(text.slice(1))) : patternOf(text);
}

/**
 * A pattern whose first match is cut out.
 *
 * @throws {SyntaxError} saying what was expected
 */
export function parseCut(text: string): TextCut {
  if (text.startsWith("!")) {
    throw new SyntaxError(
      'expected a regular expression without "!", which matches no part of a text; write "[!]"',
    );
  }
  return patternOf(text);
}

/** Compiled patterns by source: services often share a preset, and a reload reads them all again. */
const KNOWN = new Map<string, Pattern>();
const MOST_KNOWN = 1024;

function patternOf(source: string): Pattern {
  const known = KNOWN.get(source);
  if (known) return known;
  const pattern = new Pattern(source);
  if (KNOWN.size >= MOST_KNOWN) KNOWN.clear();
  KNOWN.set(source, pattern);
  return pattern;
}

class All implements TextTest {
  constructor(readonly tests: readonly TextTest[]) {}

  test(text: string): boolean {
    return this.tests.every((each) => each.test(text));
  }
}

class Any implements TextTest {
  constructor(readonly tests: readonly TextTest[]) {}

  test(text: string): boolean {
    return this.tests.some((each) => each.test(text));
  }
}

class Cuts implements TextCut {
  constructor(readonly cuts: readonly TextCut[]) {}

  cut(text: string): string {
    return this.cuts.reduce((rest, each) => each.cut(rest), text);
  }
}

/** Matches if all tests match; undefined if there are none. An empty pattern does not count. */
export function allOf(tests: readonly TextTest[]): TextTest | undefined {
  const [first, ...others] = tests.filter((each) => !(each instanceof Pattern && each.source === ""));
  return others.length === 0 ? first : new All(tests);
}

/** Matches if any of the tests matches; undefined if there are none. */
export function anyOf(tests: readonly TextTest[]): TextTest | undefined {
  return tests.length <= 1 ? tests[0] : new Any(tests);
}

/** Applies one cut after another; undefined if there are none. */
export function cutAll(cuts: readonly TextCut[]): TextCut | undefined {
  return cuts.length <= 1 ? cuts[0] : new Cuts(cuts);
}

/**
 * Splits `/PATTERN/flags`. Recognizes all of JavaScript's flags, so that an unsupported one is not mistaken for a part
 * of the pattern.
 */
function split(source: string): { body: string; flags: string } {
  const [, body = source, flags = ""] = /^\/(.*)\/([dgimsuvy]*)$/s.exec(source) ?? [];
  if (/^[ims]*$/.test(flags) && new Set(flags).size === flags.length) return { body, flags };
  throw new SyntaxError(
    `expected no other flags than i, m and s after the last "/", each once; to match that text itself, write "[/]${body}/${flags}"`,
  );
}

function flagsOf(
  flags: string,
  { CASE_INSENSITIVE, DOTALL, MULTILINE, DISABLE_UNICODE_GROUPS }: typeof RE2JS,
) {
  const known: Readonly<Record<string, number>> = { i: CASE_INSENSITIVE, s: DOTALL, m: MULTILINE };
  return Array.from(flags, (flag) => known[flag] as number).reduce((a, b) => a | b, DISABLE_UNICODE_GROUPS);
}
