import { Failure, maybeDeferred, type Deferred } from "../../../deferred/mod.ts";
import type { Clock } from "../../../time/clock.ts";
import type { Observer } from "../../observer.ts";
import { FetchError } from "../errors.ts";
import type { FetchEvents } from "../events.ts";
import type { Finding, Health } from "./health.ts";
import { RefusalError } from "./refusal.ts";
import type { Search } from "./search.ts";
import type { Candidate, Upstreams } from "./upstreams.ts";

export interface OneByOneOptions {
  readonly clock: Clock;
  readonly observer: Observer<Pick<FetchEvents, "held" | "released">>;
  /** Milliseconds that connecting may take, all addresses together; 0 = no limit. */
  readonly connectTimeout: number;
  readonly random?: (() => number) | undefined;
}

/** What is done with an address. */
export interface Attempt<T> {
  /** Fires when the next address may be asked, whichever that will be; fails as the attempt before did. Absent: at once. */
  readonly turn?: () => Deferred<undefined>;
  /** @param within milliseconds that connecting may take; 0 = no limit */
  readonly ask: (candidate: Candidate, within: number) => Deferred<T>;
  /** Whether a connection came about: after that no other address is asked in place of this one. */
  readonly hasConnected: () => boolean;
  /** What a success says of the address. */
  readonly success: Finding;
}

/**
 * Asks the address whose turn it is. As long as no connection comes about nothing was asked, and it goes on to the next
 * one at once. What comes of it says which addresses are held down.
 */
export class OneByOne {
  readonly #upstreams: Upstreams;
  #options: OneByOneOptions;
  /** Those whose hold was told. */
  readonly #told = new WeakSet<Health>();

  constructor(upstreams: Upstreams, options: OneByOneOptions) {
    this.#upstreams = upstreams;
    this.#options = options;
  }

  /** Goes on with another limit for connecting, in milliseconds. */
  connectWithin(connectTimeout: number): void {
    this.#options = { ...this.#options, connectTimeout };
  }

  /** Fails as the last attempt does, or as `search` where there is nothing to ask. */
  try<T>(search: Search, attempt: Attempt<T>): Deferred<T> {
    return inTurn(attempt, () => search.next()).addCallback((first) => {
      const { clock, connectTimeout } = this.#options;
      const deadline = connectTimeout === 0 ? Infinity : clock.now() + connectTimeout;
      return this.#try(first, search, attempt, deadline);
    });
  }

  /** @param deadline the clock's milliseconds when the connection has to be there */
  #try<T>(candidate: Candidate, search: Search, attempt: Attempt<T>, deadline: number): Deferred<T> {
    const { clock, random = Math.random } = this.#options;
    const { health } = candidate;
    search.asked(candidate);
    const within = shareOf(deadline - clock.now(), 1 + search.others);
    const asked = health.begin(clock.now());
    // What throws has ended as well: a probe that never ended would keep the address held for ever.
    return maybeDeferred(() => attempt.ask(candidate, within)).addBoth((outcome) => {
      const error: unknown = outcome instanceof Failure ? outcome.value : undefined;
      if (error instanceof RefusalError) search.refused(candidate, error);
      const finding = outcome instanceof Failure ? findingOf(error) : attempt.success;
      const change = health.end(asked, finding, clock.now(), random);
      if (change) this.#tell(change, candidate, error);
      if (!(error instanceof FetchError) || error.reason === "total_timeout") return outcome;
      if (attempt.hasConnected() || clock.now() >= deadline) return outcome;
      return search.another().addCallback((next) => {
        if (!next) return outcome;
        if (!attempt.turn) return this.#try(next, search, attempt, deadline);
        const before = clock.now();
        return inTurn(attempt, () => search.another()).addCallback((now) =>
          now ? this.#try(now, search, attempt, deadline + clock.now() - before) : outcome,
        );
      });
    });
  }

  #tell(change: "held" | "released", { upstream, address, health }: Candidate, error: unknown): void {
    const { observer, clock } = this.#options;
    if (change === "released") {
      if (this.#told.delete(health)) observer.released({ upstream, address });
      return;
    }
    const isPlain = !(error instanceof RefusalError) && (error as FetchError).tells !== "local";
    if (this.#upstreams.isOne && isPlain) return; // It is asked all the same.
    this.#told.add(health);
    observer.held({ upstream, address, ms: health.heldUntil - clock.now(), error: error as FetchError });
  }
}

/** What `look` finds when the next address may be asked: others may have been held down meanwhile. */
function inTurn<T, F>({ turn }: Attempt<T>, look: () => Deferred<F>): Deferred<F> {
  return turn ? turn().addCallback(look) : look();
}

/** Time left, shared with others; 0: there is no limit. */
function shareOf(left: number, parts: number): number {
  return left === Infinity ? 0 : Math.max(1, Math.ceil(left / parts));
}

function findingOf(error: unknown): Finding {
  if (error instanceof RefusalError) return error.refusal;
  if (!(error instanceof FetchError)) return undefined;
  return error.tells === "local" ? error : error.tells;
}
