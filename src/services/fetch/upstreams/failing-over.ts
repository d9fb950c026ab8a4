import { fail, Failure, succeed, type Deferred } from "../../../deferred/mod.ts";
import type { Clock } from "../../../time/clock.ts";
import { FetchError } from "../errors.ts";
import type { Step } from "../layer.ts";
import type { FetchRecord } from "../record.ts";
import type { FetchRate } from "./fetch-rate.ts";
import type { OneByOne } from "./one-by-one.ts";
import { Search } from "./search.ts";
import type { Upstreams } from "./upstreams.ts";

/** Options of failingOver(). */
export interface FailingOverOptions {
  readonly clock: Clock;
  readonly upstreams: Upstreams;
  readonly oneByOne: OneByOne;
  /** Limits the connections of a fetch after its first. */
  readonly rate?: FetchRate | undefined;
}

/** Each attempt tries the next address that is not held down and has not failed in this fetch. */
export function failingOver({ clock, upstreams, oneByOne, rate }: FailingOverOptions, inner: Step): Step {
  return (record) => {
    const search = (record.search ??= new Search(upstreams, record.request));
    return oneByOne.try(search, {
      ...(rate && { turn: () => turnOf(rate, record) }),
      ask({ upstream, address }, within) {
        record.attempts++;
        record.upstream = upstream;
        record.address = address;
        record.connectWithin = within;
        return inner(record).addErrback((failure) => {
          if (failure.value instanceof FetchError) record.error = failure.value;
          return failure;
        });
      },
      hasConnected: () => record.connectMs !== undefined,
      success: "serves",
    });
  };

  /**
   * The first attempt has had its turn. Later ones wait for theirs; if there is no time left, they fail as the one
   * before.
   */
  function turnOf(limit: FetchRate, { attempts, deadline, error }: FetchRecord): Deferred<undefined> {
    if (attempts === 0) return succeed();
    const left = deadline - clock.now();
    if (limit.wait >= left) return fail(error);
    const turn = limit.turn(true);
    return left === Infinity ? turn : turn.addTimeout(left, clock, () => new Failure(error));
  }
}
