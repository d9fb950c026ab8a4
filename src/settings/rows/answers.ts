import { anyOf, loadPatterns, parseTest } from "../../protocols/pattern.ts";
import { wholeIf } from "../../services/fetch/answer-rules.ts";
import { group, list, setting } from "../setting.ts";
import { countOrInf, duration, oneOf, positiveSize } from "../units.ts";

const IF_EMPTY = ["fail", "ok"] as const;

/** Which answers are good, how long they are kept, and in how much memory. */
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
    help: "Another --ttl for answers that match; may be repeated, the first match counts",
  }),
  "ttl-for-request": list({
    hint: "REGEX=DURATION",
    sets: "answers.ttlForRequest",
    prepare: loadPatterns,
    parse: ttlRule,
    help: "The same for requests that match, where no --ttl-for matches the answer",
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
    help: 'An answer that matches says "you have asked too often": it is not kept, and the upstream is left alone for a while',
  }),
  complete: list({
    hint: "REGEX|json",
    sets: "answers.complete",
    prepare: loadPatterns,
    parse: (text) => (text === "json" ? text : parseTest(text)),
    combine: wholeIf,
    help: "An answer that does not match is a failure; json: one that is not a whole JSON text",
  }),
  "pattern-limit": setting({
    hint: "SIZE",
    default: "256KiB",
    sets: "answers.patternLimit",
    parse: positiveSize,
    help: "How much of a longer answer patterns see: its first and its last half of that",
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
    help: "Room for all that is held: cached answers, which give way first, and answers and requests under way",
  }),
  "max-entries": setting({
    hint: "N",
    default: "inf",
    sets: "cache.maxEntries",
    parse: countOrInf,
    help: "How many answers to keep at most",
  }),
});

function ttlRule(text: string) {
  const at = text.lastIndexOf("=");
  if (at < 1) throw new SyntaxError("expected REGEX=DURATION");
  return { pattern: parseTest(text.slice(0, at)), ttl: duration(text.slice(at + 1)) };
}
