import { FOLD_NAMES } from "../../protocols/fold.ts";
import { allOf, cutAll, loadPatterns, parseCut, parseTest } from "../../protocols/pattern.ts";
import { FRAMINGS, type Framing } from "../../protocols/request.ts";
import { flag, group, list, setting } from "../setting.ts";
import { alternatives, count, duration, oneOf, positiveSize, someOf } from "../units.ts";

const FORMS = [...FRAMINGS, "bytes:N"];
const EOLS = ["crlf", "lf"] as const;

/** What clients may send, and which of their requests count as the same. */
export const requests = group("Requests", {
  request: setting({
    shapesAnswers: true,
    hint: "FRAMING",
    default: "none",
    words: FORMS,
    sets: "requests.framing",
    page: "requests",
    parse: framing,
    help: `What a client sends: ${alternatives(FORMS)}`,
  }),
  allow: list({
    hint: "REGEX",
    sets: "requests.allow",
    page: "requests",
    prepare: loadPatterns,
    parse: parseTest,
    combine: allOf,
    help: "Allow only matching requests; others are reset and never reach the upstream",
  }),
  "allow-http": flag({
    sets: "requests.allowHttp",
    page: "access",
    help: "Accept HTTP requests; by default they are reset, because a web page may have made a browser send them",
  }),
  cacheable: list({
    hint: "REGEX",
    sets: "requests.cacheable",
    prepare: loadPatterns,
    parse: parseTest,
    combine: allOf,
    help: "Cache only matching requests; others are passed through, or fetched separately for each client",
  }),
  "key-fold": setting({
    shapesAnswers: true,
    hint: "FOLDS",
    separator: ",",
    default: "",
    words: FOLD_NAMES,
    sets: "requests.folds",
    parse: someOf(...FOLD_NAMES),
    help: "Differences to ignore when comparing requests: crlf, squeeze (blanks), trim, lower (case), word (case of one word)",
  }),
  "key-drop": list({
    shapesAnswers: true,
    hint: "REGEX",
    sets: "requests.keyDrop",
    prepare: loadPatterns,
    parse: parseCut,
    combine: cutAll,
    help: "Also ignore the first match of this, looked for after --key-fold",
  }),
  eol: setting({
    shapesAnswers: true,
    hint: EOLS.join("|"),
    default: "crlf",
    words: EOLS,
    sets: "requests.eol",
    parse: (text) => (oneOf(...EOLS)(text) === "lf" ? "\n" : "\r\n"),
    help: "How lines end in shared requests that are sent to the upstream",
  }),
  "max-pipes": setting({
    hint: "N",
    defaultHelp: "--max-fetches",
    sets: "pipes.max",
    page: "requests",
    parse: count,
    help: "How many requests that are not cacheable may be passed through at once; further ones are reset",
  }),
  "pipe-idle-timeout": setting({
    hint: "DURATION",
    default: "5m",
    sets: "pipes.idleTimeout",
    page: "requests",
    parse: duration,
    help: "Longest silence in both directions while a request is passed through; 0: no limit",
  }),
  "max-request": setting({
    hint: "SIZE",
    defaultHelp: "4KiB for a line, 1MiB for eof, otherwise 64KiB",
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

/** Unlike `oneOf`, its error also names the form `bytes:N`. */
function framing(text: string): Framing {
  const bytes = /^bytes:([1-9]\d{0,6})$/.exec(text)?.[1];
  if (bytes !== undefined) return { bytes: Number(bytes) };
  try {
    return oneOf(...FRAMINGS)(text);
  } catch (error) {
    throw new SyntaxError(`expected ${alternatives(FORMS)}`, { cause: error });
  }
}
