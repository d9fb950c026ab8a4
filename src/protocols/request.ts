import { fromLatin1, toLatin1 } from "./bytes.ts";
import type { Meter } from "./buffers/meter.ts";
import { foldText, type Fold } from "./fold.ts";
import { FrameReader, type Frame, type FrameRule } from "./frame.ts";
import { netstring, toNetstring } from "./netstring.ts";
import { nrpe } from "./nrpe.ts";
import type { TextCut } from "./pattern.ts";
import { zbxd } from "./zbxd.ts";

/** How the end of a client's request is found; with `bytes`, after exactly that many. */
export type Framing = "none" | keyof typeof RULES | { readonly bytes: number };

const LF = 0x0a;
const CR = 0x0d;

/** Up to the end of a line: LF or CR LF. */
const line: FrameRule = {
  length: (bytes, from) => bytes.indexOf(LF, from) + 1 || -1,
  endsWithInput: true,
};

/** Up to an empty line: LF LF or LF CR LF. */
const blank: FrameRule = {
  length(bytes, from) {
    const start = Math.max(0, from - 2); // The empty line may have begun in an earlier piece.
    for (let at = bytes.indexOf(LF, start); at !== -1; at = bytes.indexOf(LF, at + 1)) {
      if (bytes[at + 1] === LF) return at + 2;
      if (bytes[at + 1] === CR && bytes[at + 2] === LF) return at + 3;
    }
    return -1;
  },
  endsWithInput: true,
};

/** Up to the end of the input. */
const eof: FrameRule = { length: () => -1, endsWithInput: true };

/** The rule of each framing, and the default limit of a request, in bytes. */
const RULES = {
  line: { rule: line, limit: 4096 },
  blank: { rule: blank, limit: 65_536 },
  eof: { rule: eof, limit: 1_048_576 },
  netstring: { rule: netstring, limit: 65_536 },
  zbxd: { rule: zbxd, limit: 65_536 },
  nrpe: { rule: nrpe, limit: 65_536 },
} as const;

/** All framings but `bytes`. */
export const FRAMINGS = ["none", ...Object.keys(RULES)] as Exclude<Framing, object>[];

/** Makes a reader of one request; `limit` is in bytes, by default that of the framing. */
export function requestReader(framing: Exclude<Framing, "none">, limit?: number, meter?: Meter): FrameReader {
  if (typeof framing === "string") {
    const { rule, limit: standard } = RULES[framing];
    return new FrameReader(rule, limit ?? standard, meter);
  }
  const { bytes } = framing;
  const rule: FrameRule = { length: () => bytes, endsWithInput: false };
  return new FrameReader(rule, Math.max(bytes, limit ?? bytes), meter);
}

/** The requests that a typed request may stand for: with its terminator added, and as typed. */
export function typedFrames(framing: Framing, typed: Uint8Array): Frame[] {
  const asTyped: Frame = { bytes: typed, isTerminated: !ENDLESS.has(framing) };
  const ends = typeof framing === "string" ? TYPED_ENDS[framing] : undefined;
  if (ends !== undefined) return [{ bytes: Buffer.concat([typed, ends]), isTerminated: true }, asTyped];
  return framing === "netstring" ? [{ bytes: toNetstring(typed), isTerminated: true }, asTyped] : [asTyped];
}

const TYPED_ENDS: Readonly<Record<string, Uint8Array>> = {
  line: Buffer.from("\n"),
  blank: Buffer.from("\n\n"),
};

/** Framings where the end of the input may replace the terminator. */
const ENDLESS: ReadonlySet<Framing> = new Set<Framing>(["line", "blank", "eof"]);

/** Which requests count as equal, and what is sent to the upstream for all of them. */
export interface NamingRules {
  readonly framing: Framing;
  readonly folds: readonly Fold[];
  /** Removes a part of the folded text. */
  readonly keyDrop?: TextCut | undefined;
  /** The line ends to send to the upstream; default: CR LF. */
  readonly eol?: "\n" | "\r\n" | undefined;
}

/** What a request is called. Texts have one character per byte. */
export interface RequestName {
  /** The folded request, before `keyDrop`, without its terminator. */
  readonly asked: string;
  /** The same after `keyDrop`: equal for all requests that count as equal. */
  readonly text: string;
  /** The text; for an unterminated request, a key that no terminated one has. */
  readonly key: string;
  /** What is sent to the upstream for all requests with this key; it depends on the key alone. */
  readonly bytesToSend: Uint8Array;
}

/** The line ends at the end of a request, by framing. */
const TERMINATORS: Readonly<Record<string, RegExp>> = { line: /\r?\n$/, blank: /\r?\n\r?\n$/ };

/**
 * Marks the key of an unterminated request. No byte maps to this character, so no terminated request has such a key.
 */
const UNTERMINATED = "\u2404";

/** Names a request. Requests of lines are equal whether they end in LF or CR LF. */
export function nameRequest({ bytes, isTerminated }: Frame, rules: NamingRules): RequestName {
  const { framing, folds, keyDrop, eol = "\r\n" } = rules;
  const raw = toLatin1(bytes);
  const terminator = typeof framing === "string" ? TERMINATORS[framing] : undefined;
  const isOfLines = terminator !== undefined || folds.includes("crlf");
  const ends = terminator && isTerminated ? (terminator.exec(raw)?.[0] ?? "") : "";

  const asked = foldText(raw.slice(0, raw.length - ends.length), isOfLines ? [...folds, "crlf"] : folds);
  const text = keyDrop ? dropped(asked, keyDrop, rules) : asked;
  const lines = ends === "" ? text : text + (framing === "blank" ? "\n\n" : "\n");
  const toSend = isOfLines && eol !== "\n" ? lines.replaceAll("\n", eol) : lines;
  if (ends !== "" && framing === "blank" && endsEarly(toSend)) {
    return { asked, text: raw, key: raw, bytesToSend: bytes };
  }
  return {
    asked,
    text,
    key: isTerminated ? text : text + UNTERMINATED,
    bytesToSend: toSend === raw ? bytes : fromLatin1(toSend),
  };
}

/** Whether the upstream would see an empty line before the end, for instance one that held a CR. */
function endsEarly(request: string): boolean {
  const first = /\n\r?\n/.exec(request);
  return first !== null && first.index + first[0].length < request.length;
}

/** Applies `keyDrop`, and folds again, because blanks or a single word may be left. */
function dropped(text: string, keyDrop: TextCut, { framing, folds }: NamingRules): string {
  const left = keyDrop.cut(text);
  if (left === text) return text;
  return foldText(framing === "blank" ? withoutEmptyLines(left) : left, folds);
}

/** Removes empty lines, because one would end the request early. */
function withoutEmptyLines(text: string): string {
  return text
    .split("\n")
    .filter((each) => each !== "")
    .join("\n");
}
