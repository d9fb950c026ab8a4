import { isComplete, isRefusal, type AnswerRules } from "./answer-rules.ts";
import { AnswerText } from "./answer-text.ts";
import type { Step } from "./layer.ts";
import { Refusal } from "./upstreams/refusal.ts";

/** Fails with RefusalError if the answer is a refusal, with FetchError if the rules say that it is incomplete. */
export function judged(rules: AnswerRules, inner: Step): Step {
  return (record) =>
    inner(record).addCallback((bytes) => {
      record.bytes = bytes.length;
      const answer = new AnswerText(bytes, rules.patternLimit);
      record.answer = answer;
      if (isRefusal(answer, rules))
        throw new Refusal(record.upstream, record.request, bytes, record.number).asError();
      if (isComplete(answer, rules)) return bytes;
      throw record.failure("incomplete", bytes.length, `the answer of ${bytes.length} bytes is incomplete`);
    });
}
