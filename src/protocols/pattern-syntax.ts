/** An escape, a count, the start of a lookaround, a class, or one character. */
const TOKENS =
  /\\x\{[^}]*\}?|\\x[\dA-Fa-f]{0,2}|\\c[A-Za-z]?|\\.?|\{\d+(?:,\d*)?\}|\(\?<?[=!]|\[\^?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]|./gsu;

/** An escape, or one character, within a class. */
const CLASS_TOKENS = /\\x\{[^}]*\}?|\\x[\dA-Fa-f]{0,2}|\\c[A-Za-z]?|\\.|./gsu;

const MOST_REPEATED = 1000;
const LETTERS = "dDwWsSbBfnrtvAz";
const LETTERS_IN_CLASS = "dDwWsSfnrtv";

/**
 * Translates a user's pattern for the engine. Texts have one character per byte, so a character outside of ASCII is
 * translated to its UTF-8 bytes.
 *
 * @throws {SyntaxError} for syntax that the engine lacks or interprets differently; the message says what to write
 *   instead
 */
export function translatePattern(source: string): string {
  return source.replace(TOKENS, (token) => {
    if (token.startsWith("\\")) return translateEscape(token, LETTERS);
    if (token.startsWith("[") && token.length > 1) return translateClass(token);
    if (token.startsWith("{") && token.length > 1) checkCount(token);
    if (token.startsWith("(?")) {
      refuse(token, 'put "!" before a whole pattern for "does not match", or give the flag several times');
    }
    return isAscii(token) ? token : bytesOf(token);
  });
}

function translateEscape(escape: string, letters: string): string {
  const char = escape.slice(1, 2);
  if (char === "") return refuse("\\ at the end", 'write "\\\\" for the character');
  if (/[1-9k]/.test(char))
    return refuse(escape, "there are no backreferences; write out what may be repeated");
  if (/[upP]/.test(char)) {
    return refuse(escape, "patterns see bytes; write the character itself, or a class such as [A-Za-z]");
  }
  if (char === "c") return refuse(escape, `write "${hex(escape.charCodeAt(2) & 0x1f)}"`);
  if (char === "x") return translateHex(escape);
  if (char === "0") return "\\x00";
  if (char === "b" && !letters.includes(char)) return refuse("\\b in a class", 'write "\\x08"');
  if (/[A-Za-z]/.test(char) && !letters.includes(char))
    return refuse(escape, `write "${char}" for the letter`);
  return isAscii(char) ? escape : bytesOf(escape.slice(1));
}

function translateHex(escape: string): string {
  const digits = /^\\x(?:([\dA-Fa-f]{2})|\{([\dA-Fa-f]+)\})$/.exec(escape);
  const value = Number.parseInt(digits?.[1] ?? digits?.[2] ?? "", 16);
  if (value <= 0xff) return hex(value);
  return refuse(escape, 'write a byte in two hexadecimal digits, such as "\\x0d", or the character itself');
}

function translateClass(token: string): string {
  if (token === "[]")
    return refuse(token, 'write "[\\]…]" for a class that contains a bracket, "!" for never');
  if (token === "[^]") return refuse(token, 'write "(?s:.)" for any byte');
  const inner = token.slice(1, -1).replace(CLASS_TOKENS, (part) => {
    if (part.startsWith("\\")) return translateEscape(part, LETTERS_IN_CLASS);
    if (!isAscii(part))
      return refuse(`${part} in a class`, 'it is several bytes; write "(é|è)" instead of "[éè]"');
    return part;
  });
  return `[${inner}]`;
}

function checkCount(count: string): void {
  const numbers = count.match(/\d+/g) ?? [];
  if (numbers.some((each) => Number(each) > MOST_REPEATED)) {
    refuse(count, `counts may be at most ${MOST_REPEATED}; write "*" or "+"`);
  }
}

/**
 * The bytes of a character as one group, so that a repetition applies to all; without `i`, because only ASCII has case.
 */
function bytesOf(char: string): string {
  return `(?-i:${Array.from(Buffer.from(char), hex).join("")})`;
}

function hex(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, "0")}`;
}

function isAscii(char: string): boolean {
  return char.charCodeAt(0) < 0x80;
}

function refuse(what: string, instead: string): never {
  throw new SyntaxError(`expected a regular expression without ${what}: ${instead}`);
}
