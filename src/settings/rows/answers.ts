import { anyOf, loadPatterns, parseTest } from "../../protocols/pattern.ts";
import { wholeIf } from "../../services/fetch/answer-rules.ts";
import { group, list, setting } from "../setting.ts";
import { countOrInf, duration, oneOf, positiveSize } from "../units.ts";

const IF_EMPTY = ["fail", "ok"] as const;

/** Which answers are good, how long they are kept, and how much memory they may take. */
export const answers = group("Answers and cache", {
  ttl: setting({
    hint: "DURATION",
    default: "2h",
    sets: "answers.ttl",
    parse: duration,
    help: "How long an answer is served from the cache; 0: only share fetches under way, inf: forever",
  }),
  "ttl-for": list({
    hint: "REGEX=DURATION",
    sets: "answers.ttlFor",
    prepare: loadPatterns,
    parse: ttlRule,
    help: "Another --ttl for answers that match; may be repeated, the first match wins",
  }),
  "ttl-for-request": list({
    hint: "REGEX=DURATION",
    sets: "answers.ttlForRequest",
    prepare: loadPatterns,
    parse: ttlRule,
    help: "Another --ttl for requests that match; a --ttl-for that matches the answer wins",
  }),
  "no-store": list({
    hint: "REGEX",
    sets: "answers.noStore",
    prepare: loadPatterns,
    parse: parseTest,
    combine: anyOf,
    help: "Pass matching answers on, but do not keep them",
  }),
  refusal: list({
    hint: "REGEX",
    sets: "answers.refusal",
    prepare: loadPatterns,
    parse: parseTest,
    combine: anyOf,
    page: "upstreams",
    help: 'Treat matching answers as refusals, such as "too many queries": they are not kept, and the upstream is left alone for a while',
  }),
  complete: list({
    hint: "REGEX|json",
    sets: "answers.complete",
    prepare: loadPatterns,
    parse: (text) => (text === "json" ? text : parseTest(text)),
    combine: wholeIf,
    help: "Treat an answer that does not match as a failure; json: one that is not a complete JSON text",
  }),
  "pattern-limit": setting({
    hint: "SIZE",
    default: "256KiB",
    sets: "answers.patternLimit",
    parse: positiveSize,
    help: "How much of a longer answer patterns see: one half of this at its start, the other at its end",
  }),
  empty: setting({
    hint: IF_EMPTY.join("|"),
    default: "fail",
    words: IF_EMPTY,
    sets: "answers.acceptsEmpty",
    parse: (text) => oneOf(...IF_EMPTY)(text) === "ok",
    help: "Whether an empty answer is a failure or is accepted",
  }),
  "max-answer": setting({
    hint: "SIZE",
    default: "64MiB",
    sets: "answers.maxAnswer",
    parse: positiveSize,
    help: "The longest answer to accept",
  }),
  "max-memory": setting({
    hint: "SIZE",
    default: "256MiB",
    sets: "cache.maxMemory",
    parse: positiveSize,
    help: "Memory limit; cached answers are evicted first, answers and requests under way count as well",
  }),
  "max-entries": setting({
    hint: "N",
    default: "inf",
    sets: "cache.maxEntries",
    parse: countOrInf,
    help: "Maximum number of cached answers",
  }),
});

/** `REGEX=DURATION`; the last `=` separates them, because a pattern may contain more. */
function ttlRule(text: string) {
  const at = text.lastIndexOf("=");
  if (at < 1) throw new SyntaxError("expected REGEX=DURATION");
  return { pattern: parseTest(text.slice(0, at)), ttl: duration(text.slice(at + 1)) };
}
