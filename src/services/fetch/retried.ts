import { Failure, retry } from "../../deferred/mod.ts";
import type { Clock } from "../../time/clock.ts";
import type { Observer } from "../observer.ts";
import { endLive } from "./end-live.ts";
import { FetchError } from "./errors.ts";
import type { FetchEvents } from "./events.ts";
import type { Step } from "./layer.ts";
import type { FetchRate } from "./upstreams/fetch-rate.ts";

/** Options of retried(). */
export interface RetriedOptions {
  readonly clock: Clock;
  readonly observer: Observer<Pick<FetchEvents, "fetching" | "retrying" | "fetched">>;
  /** Attempts that may follow the first. There are none once a byte has reached a client, or for the cause `pass`. */
  readonly retries: number;
  /** Milliseconds for all attempts together; 0 = no limit. */
  readonly total: number;
  /** A retry has to wait for this, too; absent: no limit. */
  readonly rate?: FetchRate | undefined;
  readonly random?: (() => number) | undefined;
}

/** Retries where that may help. Sets the deadline and durations, and reports the start and a complete answer. */
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
      if (record.live) endLive(record.live, outcome); // First: readers need not wait for the observer.
      if (isWhole) observer.fetched(record);
      return outcome;
    });
  };
}
