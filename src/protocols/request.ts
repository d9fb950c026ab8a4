import { FrameReader, type Frame, type FrameRule } from "./frame.ts";
import { netstring } from "./netstring.ts";
import { zbxd } from "./zbxd.ts";

/** Where a client's request ends; `bytes`: after exactly that many. */
export type Framing = "none" | "line" | "blank" | "eof" | "netstring" | "zbxd" | { readonly bytes: number };

const LF = 0x0a;
const CR = 0x0d;

/** To the end of a line: LF, or CR LF. */
const line: FrameRule = {
  length: (bytes, from) => bytes.indexOf(LF, from) + 1 || -1,
  endsWithInput: true,
};

/** To an empty line: LF LF, or LF CR LF. */
const blank: FrameRule = {
  length(bytes, from) {
    const start = Math.max(0, from - 2); // The empty line may have begun in what came before.
    for (let at = bytes.indexOf(LF, start); at !== -1; at = bytes.indexOf(LF, at + 1)) {
      if (bytes[at + 1] === LF) return at + 2;
      if (bytes[at + 1] === CR && bytes[at + 2] === LF) return at + 3;
    }
    return -1;
  },
  endsWithInput: true,
};

/** To the end of what the client sends. */
const eof: FrameRule = { length: () => -1, endsWithInput: true };

/** The rule of each framing, and the longest request, in bytes, unless a user sets another limit. */
const RULES = {
  line: { rule: line, limit: 4096 },
  blank: { rule: blank, limit: 65_536 },
  eof: { rule: eof, limit: 1_048_576 },
  netstring: { rule: netstring, limit: 65_536 },
  zbxd: { rule: zbxd, limit: 65_536 },
} as const;

/** Reads one request of a client; `limit` is in bytes. */
export function requestReader(framing: Exclude<Framing, "none">, limit?: number): FrameReader {
  if (typeof framing === "string") {
    const { rule, limit: standard } = RULES[framing];
    return new FrameReader(rule, limit ?? standard);
  }
  const { bytes } = framing;
  return new FrameReader({ length: () => bytes, endsWithInput: false }, Math.max(bytes, limit ?? bytes));
}

/** What makes two requests the same, though their bytes differ. It changes the key only, never what is sent. */
export type Fold = "crlf" | "trim" | "squeeze" | "lower";

/** Applied in this order. */
const FOLDS: Readonly<Record<Fold, (text: string) => string>> = {
  crlf: (text) => text.replaceAll("\r\n", "\n"),
  squeeze: (text) => text.replace(/[ \t]+/g, " "),
  trim: trimBlanks,
  lower: (text) => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()), // Bytes above 127 are no letters.
};

/** Without blanks and line ends around it. No pattern: those take quadratic time over a megabyte of blanks. */
function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && BLANKS.includes(text[start] as string)) start++;
  while (end > start && BLANKS.includes(text[end - 1] as string)) end--;
  return text.slice(start, end);
}

const BLANKS = " \t\r\n";

/** No byte is this character: a request without its terminator must not share a key with one that has it. */
const UNTERMINATED = "\u2404";

/** What a request is called by: its text, and the key that it shares with no other. */
export interface RequestName {
  /** A character for each byte, folded, less what `drop` matched. */
  readonly text: string;
  readonly key: string;
}

/** Names a request. `drop` sees the folded text. */
export function nameRequest(
  { bytes, isTerminated }: Frame,
  folds: readonly Fold[],
  drop?: RegExp,
): RequestName {
  let text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
  for (const fold of Object.keys(FOLDS) as Fold[]) if (folds.includes(fold)) text = FOLDS[fold](text);
  if (drop) text = text.replace(drop, "");
  return { text, key: isTerminated ? text : text + UNTERMINATED };
}
