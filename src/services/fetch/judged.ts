import { isComplete, isRefusal, type AnswerRules } from "./answer-rules.ts";
import { AnswerText } from "./answer-text.ts";
import { FetchError } from "./errors.ts";
import type { Step } from "./layer.ts";

/** Fails with FetchError where an answer came that is not complete, as far as patterns can tell. A refusal is an answer. */
export function judged(rules: AnswerRules, inner: Step): Step {
  return (record) =>
    inner(record).addCallback((bytes) => {
      record.bytes = bytes.length;
      const answer = new AnswerText(bytes, rules.patternLimit);
      record.answer = answer;
      if (isRefusal(answer, rules) || isComplete(answer, rules)) return bytes;
      const detail = `the answer of ${bytes.length} bytes is not complete`;
      throw new FetchError(record.upstream, "incomplete", bytes.length, detail);
    });
}
