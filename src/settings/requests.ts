import type { Framing } from "../protocols/request.ts";
import { group, setting } from "./setting.ts";
import { duration, oneOf, pattern, positiveSize, someOf } from "./units.ts";

const FRAMINGS = ["none", "line", "blank", "eof", "netstring", "zbxd"] as const;
const FOLDS = ["crlf", "trim", "squeeze", "lower"] as const;

/** What clients may ask, and which of their requests are the same. */
export const requests = group("Requests", {
  request: setting({
    hint: "FRAMING",
    default: "none",
    words: [...FRAMINGS, "bytes:N"],
    sets: "requests.framing",
    page: "requests",
    parse: framing,
    help: "What a client sends: none, line, blank, eof, bytes:N, netstring or zbxd",
  }),
  allow: setting({
    hint: "REGEX",
    sets: "requests.allow",
    parse: regex,
    help: "Allow only matching requests; others are reset and never reach the upstream",
  }),
  cacheable: setting({
    hint: "REGEX",
    sets: "requests.cacheable",
    parse: regex,
    help: "Cache only matching requests; others are fetched separately for each client",
  }),
  "key-fold": setting({
    hint: "FOLDS",
    default: "",
    words: FOLDS,
    sets: "requests.folds",
    parse: someOf(...FOLDS),
    help: "Differences to ignore when comparing requests: crlf, trim, squeeze (blanks), lower (case)",
  }),
  "key-drop": setting({
    hint: "REGEX",
    sets: "requests.keyDrop",
    parse: regex,
    help: "Also ignore whatever matches this, after --key-fold",
  }),
  "max-request": setting({
    hint: "SIZE",
    defaultHelp: "4KiB for a line, 1MiB for eof, else 64KiB",
    sets: "requests.maxRequest",
    parse: positiveSize,
    help: "The longest request that a client may send",
  }),
  "request-timeout": setting({
    hint: "DURATION",
    default: "10s",
    sets: "requests.requestTimeout",
    parse: duration,
    help: "How long a client may take to send its request; 0: no limit",
  }),
});

function framing(text: string): Framing {
  const bytes = /^bytes:([1-9]\d{0,6})$/.exec(text)?.[1];
  if (bytes !== undefined) return { bytes: Number(bytes) };
  try {
    return oneOf(...FRAMINGS)(text);
  } catch (error) {
    throw new SyntaxError("expected none, line, blank, eof, bytes:N, netstring or zbxd", { cause: error });
  }
}

/** Letters that are flags of a regular expression in JavaScript, though not here. */
const FLAGS = /^\/(.*)\/([dgimsuvy]+)$/s;

/**
 * A regular expression: `PATTERN` or `/PATTERN/flags`. One that ends like flags that there are not would otherwise be
 * taken as it stands, slashes included, and never match.
 */
export function regex(text: string): ReturnType<typeof pattern> {
  const [, body = "", flags = ""] = FLAGS.exec(text) ?? [];
  const unknown = flags.replace(/[ims]/g, "");
  if (unknown === "") return pattern(text);
  throw new SyntaxError(
    `expected no other flags than i, m and s after the last "/"; to match that text itself, write "[/]${body}/${flags}"`,
  );
}
