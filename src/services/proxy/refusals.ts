import { LoadElsewhereError } from "../../cache/second-level.ts";
import { fail, type Deferred, type Failure } from "../../deferred/mod.ts";
import type { Frame } from "../../protocols/frame.ts";
import type { AnswerRules } from "../fetch/answer-rules.ts";
import { RefusalError, type Refusal } from "../fetch/upstreams/refusal.ts";
import type { Answering, Sent, VisitStatus } from "../visit/answering.ts";

/** Gives waiters the refusal if the upstream refused and no stale answer stands in. */
export function orRefusal(
  answer: Deferred<Sent>,
  status: VisitStatus,
  { refusal }: AnswerRules,
): Deferred<Sent> {
  return refusal ? answer.addErrback((failure) => asSent(failure, status)) : answer;
}

/** Answers a request that is not fetched, because the upstream refused and is held down, with the same refusal. */
export function repeating(refusal: Refusal, request: Frame): Answering {
  const answer = fail<Sent>(refusal.repeatedFor(request));
  return { status: "pass", answer: answer.addErrback((failure) => asSent(failure, "pass")) };
}

function asSent(failure: Failure, status: VisitStatus): Sent | Failure {
  const { value: error } = failure;
  if (error instanceof LoadElsewhereError && error.said)
    return { value: { bytes: error.said }, status: "coalesced" };
  if (!(error instanceof RefusalError && error.answer)) return failure;
  const value = { bytes: error.answer, ...(error.fetch !== undefined && { fetch: error.fetch }) };
  return { value, status: error.isRepeated ? "hit" : status };
}
