import { Failure } from "../../deferred/mod.ts";
import { endingOf } from "../../net/ending.ts";
import type { LiveSink } from "./record.ts";
import { RefusalError } from "./upstreams/refusal.ts";

/** Ends those who read along with a fetch as that has ended. A refusal is an answer to them: they get all of it. */
export function endLive(live: LiveSink, outcome: unknown): void {
  if (!(outcome instanceof Failure)) return live.finish("ok");
  const { value: error } = outcome;
  const said = error instanceof RefusalError ? error.answer : undefined;
  if (!said) return live.finish(endingOf(error));
  if (!live.hasBegun) live.take(said);
  live.finish("ok");
}
