import type { Deferred, Failure } from "../../deferred/mod.ts";
import { RefusalError } from "../fetch/upstreams/refusal.ts";
import type { Sent, VisitStatus } from "../visit/answering.ts";

/** An answer, or what an upstream said that refuses to give one: a client gets to read that where nothing stands in. */
export function orRefusal(answer: Deferred<Sent>, status: VisitStatus): Deferred<Sent> {
  return answer.addErrback((failure): Sent | Failure => {
    const { value: error } = failure;
    if (!(error instanceof RefusalError && error.answer)) return failure;
    const value = { bytes: error.answer, ...(error.fetch !== undefined && { fetch: error.fetch }) };
    return { value, status: error.isRepeated ? "hit" : status };
  });
}
