import { CancelledError, maybeDeferred, type Failure } from "../../deferred/mod.ts";
import type { Address } from "../../net/address.ts";
import { endingOf } from "../../net/ending.ts";
import type { Observer } from "../observer.ts";
import { lifetimeOf, type AnswerRules } from "./answer-rules.ts";
import { AnswerText } from "./answer-text.ts";
import { FetchError } from "./errors.ts";
import type { FetchEvents } from "./events.ts";
import type { Fetch, Fetched, Step } from "./layer.ts";
import { FetchRecord } from "./record.ts";

/** Options of reported(). */
export interface ReportedOptions {
  readonly observer: Observer<Pick<FetchEvents, "fetchFailed" | "bug">>;
  readonly answers: AnswerRules;
  readonly firstUpstream: Address;
  readonly numbers: FetchNumbers;
}

/** Hands out the numbers of fetches, in the order in which they begin. */
export class FetchNumbers {
  #last = 0;

  next(): number {
    return ++this.#last;
  }
}

/** Numbers the fetches, reports failed ones, and decides how long an answer may be served. */
export function reported({ observer, answers, firstUpstream, numbers }: ReportedOptions, inner: Step): Fetch {
  return (request, wish, live) => {
    const record = new FetchRecord(numbers.next(), request, wish, firstUpstream, live);
    return maybeDeferred(() => inner(record))
      .addCallbacks(
        (bytes): Fetched => {
          const { answer } = record;
          const isAsItCame = answer?.bytes === bytes;
          const text = isAsItCame ? answer : new AnswerText(bytes, answers.patternLimit);
          const lifetime = lifetimeOf(text, answers, record.request);
          const number = wish.number ?? record.number;
          return { bytes, lifetime, age: 0, origin: "upstream", number, fetch: record.number, isKept: false };
        },
        (failure) => reportFailure(failure, record),
      )
      .addErrback((failure) => {
        if (isBug(failure)) observer.bug(failure.value);
        return failure;
      });
  };

  function reportFailure(failure: Failure, record: FetchRecord): Failure {
    const { value: error } = failure;
    if (error instanceof FetchError) {
      error.fetch = record.number;
      record.error = error;
      observer.fetchFailed(record);
    } else if (error instanceof CancelledError) {
      if (record.startedAt !== undefined) {
        record.error = record.failure("cancelled", 0, "cancelled");
        observer.fetchFailed(record);
      }
    }
    return failure;
  }
}

function isBug(failure: Failure): boolean {
  return !failure.check(CancelledError) && endingOf(failure.value) === "internal";
}
