import type { TtlRule } from "../services/fetch/answer-rules.ts";
import type { RequestRules as Requests } from "../services/proxy/requests.ts";
import { option, options, type Values } from "./args.ts";
import { duration, oneOf, pattern, positiveSize } from "../settings/units.ts";

/** What clients may ask, and how answers are judged. */
export const requestArgs = {
  request: option({
    hint: "FRAMING",
    default: "none",
    description: "What a client sends: none, line, blank, eof, bytes:N, netstring or zbxd",
    parse: framing,
  }),
  allow: option({
    hint: "REGEX",
    description: "Reset clients that ask anything else; the upstream never hears of it",
    parse: pattern,
  }),
  cacheable: option({
    hint: "REGEX",
    description: "Cache and share only these requests; others are fetched for each client",
    parse: pattern,
  }),
  "key-fold": option({
    hint: "FOLDS",
    default: "",
    description: "Requests are the same but for these: crlf, trim, squeeze (blanks), lower (case)",
    parse: folds,
  }),
  "key-drop": option({
    hint: "REGEX",
    description: "Requests are the same but for what matches this, after --key-fold",
    parse: pattern,
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
  complete: option({
    hint: "REGEX",
    description: "An answer that does not match is a failure",
    parse: pattern,
  }),
  empty: option({
    hint: "fail|ok",
    default: "fail",
    description: "What an empty answer is",
    parse: oneOf("fail", "ok"),
  }),
  "no-store": option({
    hint: "REGEX",
    description: "An answer that matches is passed on, but not kept",
    parse: pattern,
  }),
  "ttl-for": options({
    hint: "REGEX=DURATION",
    description: "Another --ttl for answers that match; may be repeated, the first match counts",
    parse: ttlRule,
  }),
};

/** The options that the flags stand for. */
export function requestOptions(given: Values<typeof requestArgs>) {
  const requests: Requests = {
    framing: given.request,
    maxRequest: given["max-request"],
    requestTimeout: given["request-timeout"],
    folds: given["key-fold"],
    keyDrop: given["key-drop"],
    allow: given.allow,
    cacheable: given.cacheable,
  };
  return {
    requests,
    complete: given.complete,
    noStore: given["no-store"],
    ttlFor: given["ttl-for"],
    acceptsEmpty: given.empty === "ok",
  };
}

function framing(text: string): Requests["framing"] {
  const bytes = /^bytes:([1-9]\d{0,6})$/.exec(text)?.[1];
  if (bytes !== undefined) return { bytes: Number(bytes) };
  try {
    return oneOf("none", "line", "blank", "eof", "netstring", "zbxd")(text);
  } catch (error) {
    throw new SyntaxError("expected none, line, blank, eof, bytes:N, netstring or zbxd", { cause: error });
  }
}

function folds(text: string): Requests["folds"] {
  return text === "" ? [] : text.split(",").map(oneOf("crlf", "trim", "squeeze", "lower"));
}

function ttlRule(text: string): TtlRule {
  const at = text.lastIndexOf("=");
  if (at < 1) throw new SyntaxError("expected REGEX=DURATION");
  return { pattern: pattern(text.slice(0, at)), ttl: duration(text.slice(at + 1)) };
}
