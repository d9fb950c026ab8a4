import { Failure, type Deferred } from "../../../deferred/mod.ts";
import type { Clock } from "../../../time/clock.ts";
import type { Observer } from "../../observer.ts";
import { FetchError } from "../errors.ts";
import type { FetchEvents } from "../events.ts";
import type { Step } from "../layer.ts";
import type { FetchRecord } from "../record.ts";
import type { Finding, Health } from "./health.ts";
import { RefusalError } from "./refusal.ts";
import { Search } from "./search.ts";
import type { Candidate, Upstreams } from "./upstreams.ts";

export interface FailingOverOptions {
  readonly clock: Clock;
  readonly observer: Observer<Pick<FetchEvents, "held" | "released">>;
  /** Milliseconds that connecting may take in an attempt, all addresses together; 0 = no limit. */
  readonly connectTimeout: number;
  readonly random?: (() => number) | undefined;
}

/**
 * Each attempt asks the address whose turn it is. While no connection comes about, nothing was asked yet: it goes on to the
 * next one at once. What comes of it says which addresses are to be held down.
 */
export function failingOver(upstreams: Upstreams, options: FailingOverOptions, inner: Step): Step {
  const { clock, observer, connectTimeout, random = Math.random } = options;
  /** Those whose hold was told. */
  const told = new WeakSet<Health>();
  return (record) => {
    const search = (record.search ??= new Search(upstreams, record.request));
    return search.next().addCallback((candidate) => {
      const deadline = connectTimeout === 0 ? Infinity : clock.now() + connectTimeout;
      return ask(record, search, candidate, deadline);
    });
  };

  /** @param deadline the clock's milliseconds when the connection has to be there */
  function ask(
    record: FetchRecord,
    search: Search,
    candidate: Candidate,
    deadline: number,
  ): Deferred<Uint8Array> {
    search.asked(candidate);
    record.attempts++;
    record.upstream = candidate.upstream;
    record.address = candidate.address;
    record.connectWithin = shareOf(deadline - clock.now(), 1 + search.others);
    const attempt = candidate.health.begin(clock.now());
    return inner(record).addBoth((outcome) => {
      const error = outcome instanceof Failure ? outcome.value : undefined;
      if (error instanceof FetchError) record.error = error;
      if (error instanceof RefusalError) search.refused(candidate, error);
      const change = candidate.health.end(attempt, findingOf(error), clock.now(), random);
      if (change) tell(change, candidate, error);
      const hasAsked = !(error instanceof FetchError) || record.connectMs !== undefined;
      if (hasAsked || clock.now() >= Math.min(deadline, record.deadline)) return outcome;
      return search.another().addCallback((next) => (next ? ask(record, search, next, deadline) : outcome));
    });
  }

  function tell(change: "held" | "released", candidate: Candidate, error: unknown): void {
    const { upstream, address, health } = candidate;
    if (change === "released") {
      if (told.delete(health)) observer.released({ upstream, address });
      return;
    }
    if (upstreams.isOne && !(error instanceof RefusalError)) return; // It is asked all the same.
    told.add(health);
    observer.held({ upstream, address, ms: health.heldUntil - clock.now(), error: error as FetchError });
  }
}

/** Time left, shared with others; 0: there is no limit. */
function shareOf(left: number, parts: number): number {
  return left === Infinity ? 0 : Math.max(1, Math.ceil(left / parts));
}

function findingOf(error: unknown): Finding {
  if (error === undefined) return "serves";
  if (error instanceof RefusalError) return error.refusal;
  return error instanceof FetchError ? error.tells : undefined;
}
