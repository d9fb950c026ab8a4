import { Failure, type Deferred } from "../../deferred/mod.ts";
import { endingOf } from "../../net/ending.ts";
import type { Fetched } from "./layer.ts";
import type { LiveSink } from "./record.ts";
import { RefusalError } from "./upstreams/refusal.ts";

/** Ends the readers of a streamed fetch the way the fetch ended. A refusal counts as an answer: they get all of it. */
export function endLive(live: LiveSink, outcome: unknown): void {
  if (!(outcome instanceof Failure)) return live.finish("ok");
  const { value: error } = outcome;
  const said = error instanceof RefusalError ? error.answer : undefined;
  if (!said) return live.finish(endingOf(error));
  if (!live.hasBegun) live.take(said);
  live.finish("ok");
}

/** Ends the readers when `fetched` fires, even if the fetch never got its turn. */
export function finishing(live: LiveSink, fetched: Deferred<Fetched>): Deferred<Fetched> {
  return fetched.addBoth((outcome) => {
    endLive(live, outcome);
    return outcome;
  });
}
