import { isComplete, type AnswerRules } from "./answer-rules.ts";
import { FetchError } from "./errors.ts";
import type { Step } from "./layer.ts";

/** Fails with FetchError where an answer came that is not complete, as far as a pattern can tell. */
export function judged(rules: AnswerRules, inner: Step): Step {
  return (record) =>
    inner(record).addCallback((bytes) => {
      record.bytes = bytes.length;
      if (isComplete(bytes, rules)) return bytes;
      const detail = `the answer of ${bytes.length} bytes is not complete`;
      throw new FetchError(record.upstream, "incomplete", bytes.length, detail);
    });
}
