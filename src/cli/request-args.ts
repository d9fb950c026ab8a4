import { FOLD_NAMES } from "../protocols/fold.ts";
import { allOf, anyOf, cutAll, loadPatterns, parseCut, parseTest } from "../protocols/pattern.ts";
import { wholeIf } from "../services/fetch/answer-rules.ts";
import type { ProxyOptions } from "../services/proxy/proxy.ts";
import { option, options, UsageError, type Values } from "./args.ts";
import { duration, oneOf, positiveSize } from "../settings/units.ts";

type Requests = ProxyOptions["requests"];
type TtlRule = ProxyOptions["ttlFor"][number];

/** What clients may ask, and how answers are judged. */
export const requestArgs = {
  request: option({
    hint: "FRAMING",
    default: "none",
    description: "What a client sends: none, line, blank, eof, bytes:N, netstring, zbxd or nrpe",
    parse: framing,
  }),
  allow: patterns(
    "Allow only requests that match all of these; others are reset and never reach the upstream",
  ),
  cacheable: patterns("Cache and share only requests that match all of these; others are fetched separately"),
  "key-fold": option({
    hint: "FOLDS",
    default: "",
    description: `Differences to ignore when comparing requests: ${FOLD_NAMES.join(", ")}`,
    parse: folds,
  }),
  "key-drop": options({
    hint: "REGEX",
    description: "Also ignore the first match of this, after --key-fold; may be repeated",
    parse: parseCut,
    prepare: loadPatterns,
  }),
  eol: option({
    hint: "crlf|lf",
    default: "crlf",
    description: "How the lines of a shared request end for the upstream",
    parse: (text) => (oneOf("crlf", "lf")(text) === "lf" ? "\n" : "\r\n"),
  }),
  "max-request": option({
    hint: "SIZE",
    description: "The longest request; by default 4 KiB for a line, 1 MiB for eof, else 64 KiB",
    parse: positiveSize,
  }),
  "request-timeout": option({
    hint: "DURATION",
    default: "10s",
    description: "How long a client may take to ask; 0: no limit",
    parse: duration,
  }),
  complete: options({
    hint: "REGEX|json",
    description: "An answer that does not match all of these is a failure; json: one whole JSON text",
    parse: (text) => (text === "json" ? text : parseTest(text)),
    prepare: loadPatterns,
  }),
  empty: option({
    hint: "fail|ok",
    default: "fail",
    description: "Whether an empty answer is a failure or is accepted",
    parse: oneOf("fail", "ok"),
  }),
  refusal: patterns("An answer of at most 4 KiB that matches any of these says that we have asked too often"),
  "no-store": patterns("An answer that matches any of these is passed on, but not kept"),
  "ttl-for": options({
    hint: "REGEX=DURATION",
    description: "Another --ttl for answers that match; may be repeated, the first match counts",
    parse: ttlRule,
    prepare: loadPatterns,
  }),
  "pattern-limit": option({
    hint: "SIZE",
    default: "256KiB",
    description: "How much of a longer answer patterns see: its first and its last half of that",
    parse: positiveSize,
  }),
};

/** A flag for patterns; `!` in front of one means what does not match it. */
function patterns(description: string) {
  return options({ hint: "REGEX", description, parse: parseTest, prepare: loadPatterns });
}

/**
 * The options that the flags stand for.
 *
 * @throws {UsageError} when the flags contradict each other
 */
export function requestOptions(given: Values<typeof requestArgs>) {
  const { request } = given;
  const changes = given["key-fold"].length > 0 || given["key-drop"].length > 0;
  if (changes && request !== "line" && request !== "blank" && request !== "eof") {
    throw new UsageError(
      "--key-fold and --key-drop change what is sent: they need --request line, blank or eof",
    );
  }
  const requests: Requests = {
    framing: request,
    maxRequest: given["max-request"],
    requestTimeout: given["request-timeout"],
    folds: given["key-fold"],
    keyDrop: cutAll(given["key-drop"]),
    eol: given.eol,
    allow: allOf(given.allow),
    cacheable: allOf(given.cacheable),
  };
  return {
    requests,
    complete: wholeIf(given.complete),
    refusal: anyOf(given.refusal),
    noStore: anyOf(given["no-store"]),
    ttlFor: given["ttl-for"],
    patternLimit: given["pattern-limit"],
    acceptsEmpty: given.empty === "ok",
  };
}

function framing(text: string): Requests["framing"] {
  const bytes = /^bytes:([1-9]\d{0,6})$/.exec(text)?.[1];
  if (bytes !== undefined) return { bytes: Number(bytes) };
  try {
    return oneOf("none", "line", "blank", "eof", "netstring", "zbxd", "nrpe")(text);
  } catch (error) {
    throw new SyntaxError("expected none, line, blank, eof, bytes:N, netstring, zbxd or nrpe", {
      cause: error,
    });
  }
}

function folds(text: string): Requests["folds"] {
  return text === "" ? [] : text.split(",").map(oneOf(...FOLD_NAMES));
}

function ttlRule(text: string): TtlRule {
  const at = text.lastIndexOf("=");
  if (at < 1) throw new SyntaxError("expected REGEX=DURATION");
  return { pattern: parseTest(text.slice(0, at)), ttl: duration(text.slice(at + 1)) };
}
