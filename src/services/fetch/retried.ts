import { Failure, retry } from "../../deferred/mod.ts";
import type { Clock } from "../../time/clock.ts";
import type { Observer } from "../observer.ts";
import { endLive } from "./end-live.ts";
import { FetchError } from "./errors.ts";
import type { FetchEvents } from "./events.ts";
import type { Step } from "./layer.ts";
import type { FetchRate } from "./upstreams/fetch-rate.ts";

export interface RetriedOptions {
  readonly clock: Clock;
  readonly observer: Observer<Pick<FetchEvents, "fetching" | "retrying" | "fetched">>;
  /** Attempts that may follow the first. None follows where the upstream must not be asked twice, or a byte got out. */
  readonly retries: number;
  /** Milliseconds for all attempts together; 0 = no limit. */
  readonly total: number;
  /** What a retry has to wait for. */
  readonly rate?: FetchRate | undefined;
  readonly random?: (() => number) | undefined;
}

/** Tries again where that may help; keeps the time, and tells of the beginning and of a whole answer. */
export function retried(
  { clock, observer, retries, total, rate, random }: RetriedOptions,
  inner: Step,
): Step {
  return (record) => {
    const startedAt = clock.now();
    record.startedAt = startedAt;
    if (total > 0) record.deadline = startedAt + total;
    observer.fetching(record);
    return retry(() => inner(record), {
      clock,
      ...(random && { random }),
      retries: record.wish.cause === "pass" ? 0 : retries, // It may change something upstream.
      isWorthwhile: ({ value }, pause) =>
        value instanceof FetchError &&
        value.isRetryable &&
        !record.live?.hasBegun &&
        record.search?.canGoOn !== false &&
        clock.now() + Math.max(pause, rate?.wait ?? 0) < record.deadline,
      retrying: () => observer.retrying(record),
    }).addBoth((outcome) => {
      record.ms = clock.now() - startedAt;
      const isWhole = !(outcome instanceof Failure);
      if (record.live) endLive(record.live, outcome); // First: readers do not wait for an observer.
      if (isWhole) observer.fetched(record);
      return outcome;
    });
  };
}
