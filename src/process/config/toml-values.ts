import type { Place } from "./place.ts";
import type { Scanner } from "./scanner.ts";

/** A value and its place. */
export type TomlValue =
  | { readonly kind: "string" | "number"; readonly text: string; readonly at: Place }
  | { readonly kind: "boolean"; readonly isTrue: boolean; readonly at: Place }
  /** A date or a time; no setting has such a value. */
  | { readonly kind: "date"; readonly at: Place }
  /** A value that violates the grammar, which has been reported. */
  | { readonly kind: "broken"; readonly at: Place }
  | { readonly kind: "array"; readonly items: readonly TomlValue[]; readonly at: Place }
  | { readonly kind: "table"; readonly pairs: readonly TomlPair[]; readonly at: Place };

/** One part of a key such as `a.b`, and its place. */
export interface TomlName {
  readonly name: string;
  readonly at: Place;
}

/** `key = value`. */
export interface TomlPair {
  readonly key: readonly TomlName[];
  readonly value: TomlValue;
}

/** The deepest nesting of arrays and tables: deeper ones could exhaust the stack. */
const MOST_NESTED = 64;

// Tokens, all sticky: see Scanner.take().
const BLANKS = /[ \t]+/y;
const COMMENT = /#[^\n]*/y;
const BARE_KEY = /[A-Za-z0-9_-]+/y;
const BASIC = /[^"\\\n]+/y;
const LITERAL = /'([^'\n]*)'/y;
const WORD = /[A-Za-z0-9_+.:-]+(?: (?=\d\d:)[0-9:.Z+-]+)?/y;

const INTEGER =
  /^[+-]?(?:0|[1-9](?:_?\d)*)$|^0x[\dA-Fa-f](?:_?[\dA-Fa-f])*$|^0o[0-7](?:_?[0-7])*$|^0b[01](?:_?[01])*$/;
const FLOAT = /^[+-]?(?:(?:0|[1-9](?:_?\d)*)(?:\.\d(?:_?\d)*)?(?:[eE][+-]?\d(?:_?\d)*)?|inf|nan)$/;
const DATE =
  /^\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)?)?$|^\d\d:\d\d:\d\d(?:\.\d+)?$/;
/** Control characters that TOML forbids outside of escapes: all but the tab; line ends are handled separately. */
const CONTROL = /(?![\t\n\x80-\x9f])\p{Cc}/u;

/** The simple escapes of basic strings; \u and \U are read separately. */
const ESCAPES: Readonly<Record<string, string>> = {
  b: "\b",
  t: "\t",
  n: "\n",
  f: "\f",
  r: "\r",
  '"': '"',
  "\\": "\\",
};

/** Skips blanks; with `lines`, also line ends and comments. */
export function skipBlanks(scanner: Scanner, lines = false): void {
  scanner.take(BLANKS);
  if (!lines) return;
  while (skipLineEnd(scanner) || skipComment(scanner)) scanner.take(BLANKS);
}

/** Whether there was a line end to skip. */
export function skipLineEnd(scanner: Scanner): boolean {
  return scanner.skip("\n") || scanner.skip("\r\n");
}

/**
 * Whether there was a comment to skip.
 *
 * @throws {TomlError} for a control character in it
 */
export function skipComment(scanner: Scanner): boolean {
  const start = scanner.offset;
  const comment = scanner.take(COMMENT);
  failOnControl(scanner, comment.replace(/\r$/, ""), start);
  return comment !== "";
}

/** Reads a key and the equals sign: `a =`, `a.b =`, `"a".b =`. */
export function readKeyOfPair(scanner: Scanner): TomlName[] {
  const key = readKey(scanner);
  skipBlanks(scanner);
  if (!scanner.skip("=")) scanner.fail(`expected "=" after the key`);
  skipBlanks(scanner);
  return key;
}

/** Reads a dotted key: at least one name. */
export function readKey(scanner: Scanner): TomlName[] {
  const names: TomlName[] = [];
  do {
    skipBlanks(scanner);
    const at = scanner.place();
    names.push({ name: readName(scanner), at });
    skipBlanks(scanner);
  } while (scanner.skip("."));
  return names;
}

function readName(scanner: Scanner): string {
  if (scanner.sees('"""') || scanner.sees("'''")) scanner.fail("a key cannot be a multi-line string");
  if (scanner.sees('"')) return readBasic(scanner);
  if (scanner.sees("'")) return readLiteral(scanner);
  const name = scanner.take(BARE_KEY);
  if (name === "") scanner.fail("expected a key of letters, digits, - and _, or one in quotes");
  return name;
}

/**
 * Reads any value.
 *
 * @throws {TomlError} if there is none, or it is nested too deeply
 */
export function readValue(scanner: Scanner, depth = 0): TomlValue {
  const at = scanner.place();
  if (depth > MOST_NESTED) scanner.fail("arrays and tables are nested too deeply");
  if (scanner.sees('"""')) return { kind: "string", text: readLongBasic(scanner), at };
  if (scanner.sees("'''")) return { kind: "string", text: readLongLiteral(scanner), at };
  if (scanner.sees('"')) return { kind: "string", text: readBasic(scanner), at };
  if (scanner.sees("'")) return { kind: "string", text: readLiteral(scanner), at };
  if (scanner.sees("[")) return { kind: "array", items: readArray(scanner, depth), at };
  if (scanner.sees("{")) return { kind: "table", pairs: readInlineTable(scanner, depth), at };
  return readWord(scanner, at);
}

/** A value without quotes: a boolean, a number or a date. */
function readWord(scanner: Scanner, at: Place): TomlValue {
  const start = scanner.offset;
  const word = scanner.take(WORD);
  if (word === "true" || word === "false") return { kind: "boolean", isTrue: word === "true", at };
  if (INTEGER.test(word)) return { kind: "number", text: decimal(word.replaceAll("_", "")), at };
  if (FLOAT.test(word)) return { kind: "number", text: word.replaceAll("_", "").replace(/^\+/, ""), at };
  if (DATE.test(word)) return { kind: "date", at };
  scanner.offset = start;
  const meant = /^[^#,\]}\s]*(?: +[^#,\]}\s]+)*/.exec(scanner.restOfLine())?.[0] ?? "";
  if (meant === "") scanner.fail("expected a value");
  return scanner.fail(`expected a value: strings need quotes, '${meant}'`);
}

/** An integer in the form that parsers of settings take: `0x10` is 16. */
function decimal(integer: string): string {
  const isNegative = integer.startsWith("-");
  return `${isNegative ? "-" : ""}${BigInt(integer.replace(/^[+-]/, ""))}`;
}

function readBasic(scanner: Scanner): string {
  const start = scanner.offset++;
  let text = "";
  for (;;) {
    const from = scanner.offset;
    const plain = scanner.take(BASIC);
    failOnControl(scanner, plain.replace(/\r$/, ""), from);
    text += plain;
    if (scanner.skip('"')) return text;
    if (!scanner.sees("\\")) scanner.fail(`the string has no closing "`, start);
    text += readEscape(scanner);
  }
}

function readEscape(scanner: Scanner): string {
  const start = scanner.offset++;
  const letter = scanner.text[scanner.offset++] ?? "";
  const simple = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined;
  if (simple !== undefined) return simple;
  const digits = scanner.take(
    letter === "u" ? /[\dA-Fa-f]{4}/y : letter === "U" ? /[\dA-Fa-f]{8}/y : /(?!)/y,
  );
  const code = digits === "" ? NaN : Number.parseInt(digits, 16);
  if (code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)) return String.fromCodePoint(code);
  return scanner.fail(
    `"\\${letter}" is not an escape sequence: put strings with backslashes, such as regular expressions, in single quotes`,
    start,
  );
}

function readLiteral(scanner: Scanner): string {
  const start = scanner.offset;
  const quoted = scanner.take(LITERAL);
  if (quoted === "") scanner.fail("the string has no closing '", start);
  const text = quoted.slice(1, -1);
  failOnControl(scanner, text, start + 1);
  return text;
}

function readLongBasic(scanner: Scanner): string {
  const start = scanner.offset;
  scanner.offset += 3;
  skipLineEnd(scanner); // A line end right after the quotes is not part of the string.
  let text = "";
  for (;;) {
    const quotes = scanner.take(/"{3,5}/y);
    if (quotes !== "") return text + quotes.slice(3);
    if (scanner.sees("\\")) {
      if (scanner.take(/\\[ \t]*\r?\n\s*/y) === "") text += readEscape(scanner);
      continue;
    }
    const from = scanner.offset;
    const plain = scanner.take(/[^"\\]+|"/y);
    if (plain === "") scanner.fail('the string has no closing """', start);
    failOnControl(scanner, plain.replaceAll("\r\n", "\n\n").replaceAll("\n", " "), from);
    text += plain.replaceAll("\r\n", "\n");
  }
}

function readLongLiteral(scanner: Scanner): string {
  const start = scanner.offset;
  scanner.offset += 3;
  skipLineEnd(scanner);
  const from = scanner.offset;
  const quoted = scanner.take(/[^']*(?:'{1,2}(?!')[^']*)*?'{3,5}/y);
  if (quoted === "") scanner.fail("the string has no closing '''", start);
  const text = quoted.slice(0, -3);
  failOnControl(scanner, text.replaceAll("\r\n", "\n\n").replaceAll("\n", " "), from);
  return text.replaceAll("\r\n", "\n");
}

/** @throws {TomlError} for a control character in `text`, which begins at `offset` */
function failOnControl(scanner: Scanner, text: string, offset: number): void {
  const at = text.search(CONTROL);
  if (at === -1) return;
  const code = text.charCodeAt(at).toString(16).padStart(4, "0");
  scanner.fail(`the control character U+${code.toUpperCase()} is not allowed`, offset + at);
}

function readArray(scanner: Scanner, depth: number): TomlValue[] {
  const start = scanner.offset++;
  const items: TomlValue[] = [];
  for (;;) {
    skipBlanks(scanner, true);
    if (scanner.skip("]")) return items;
    failIfOpen(scanner, start);
    items.push(readValue(scanner, depth + 1));
    skipBlanks(scanner, true);
    if (scanner.skip(",") || scanner.sees("]")) continue;
    failIfOpen(scanner, start);
    scanner.fail("expected , or ] after an element of an array");
  }
}

/** What can only be a new statement, not an element of an array: `key =` or a table header. */
const STATEMENT = new RegExp(
  [
    String.raw`(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*(?:\.[^=\n]*)?=`,
    String.raw`\[\[?(?!true|false|inf|nan)[A-Za-z][\w."' -]*\]\]?[ \t]*(?:#.*)?\r?$`,
  ].join("|"),
  "my",
);

/** Fails at the first statement in an unclosed array, which would otherwise swallow the rest of the file. */
function failIfOpen(scanner: Scanner, start: number): void {
  const { offset } = scanner;
  if (scanner.isAtEnd || scanner.take(STATEMENT) !== "")
    scanner.fail("the array has no closing ]", start, offset);
}

function readInlineTable(scanner: Scanner, depth: number): TomlPair[] {
  scanner.offset++;
  const pairs: TomlPair[] = [];
  skipBlanks(scanner);
  if (scanner.skip("}")) return pairs;
  for (;;) {
    pairs.push({ key: readKeyOfPair(scanner), value: readValue(scanner, depth + 1) });
    skipBlanks(scanner);
    if (scanner.skip("}")) return pairs;
    if (!scanner.skip(",")) scanner.fail("expected , or } after an entry of an inline table");
  }
}
