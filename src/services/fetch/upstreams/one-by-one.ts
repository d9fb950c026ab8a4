import { Failure, maybeDeferred, type Deferred } from "../../../deferred/mod.ts";
import type { Clock } from "../../../time/clock.ts";
import type { Observer } from "../../observer.ts";
import { FetchError } from "../errors.ts";
import type { FetchEvents } from "../events.ts";
import type { Finding, Health } from "./health.ts";
import { RefusalError } from "./refusal.ts";
import type { Search } from "./search.ts";
import type { Candidate, Upstreams } from "./upstreams.ts";

/** Options of OneByOne. */
export interface OneByOneOptions {
  readonly clock: Clock;
  readonly observer: Observer<Pick<FetchEvents, "held" | "released">>;
  /** Milliseconds for connecting, over all addresses; 0 = no limit. */
  readonly connectTimeout: number;
  /** Numbers from 0 to 1, for jitter; default: Math.random. */
  readonly random?: (() => number) | undefined;
}

/** What to do with an address. */
export interface Attempt<T> {
  /** Fires when the next address, whichever it is, may be tried; fails as the previous attempt did. Absent: at once. */
  readonly turn?: () => Deferred<undefined>;
  /** @param within milliseconds for connecting; 0 = no limit */
  readonly ask: (candidate: Candidate, within: number) => Deferred<T>;
  /** Whether a connection was made; after that, no other address is tried. */
  readonly hasConnected: () => boolean;
  /** What a success says about the address. */
  readonly success: Finding;
}

/**
 * Tries the address whose turn it is. Until a connection is made no request has been sent, so it moves on to the next
 * address at once. The outcomes decide which addresses are held down.
 */
export class OneByOne {
  readonly #upstreams: Upstreams;
  #options: OneByOneOptions;
  /** Those whose hold was reported. */
  readonly #reported = new WeakSet<Health>();

  constructor(upstreams: Upstreams, options: OneByOneOptions) {
    this.#upstreams = upstreams;
    this.#options = options;
  }

  /** Changes the limit for connecting, in milliseconds. */
  connectWithin(connectTimeout: number): void {
    this.#options = { ...this.#options, connectTimeout };
  }

  /** Fails as the last attempt does, or as `search` if there is nothing to try. */
  try<T>(search: Search, attempt: Attempt<T>): Deferred<T> {
    return inTurn(attempt, () => search.next()).addCallback((first) => {
      const { clock, connectTimeout } = this.#options;
      const deadline = connectTimeout === 0 ? Infinity : clock.now() + connectTimeout;
      return this.#try(first, search, attempt, deadline);
    });
  }

  /** @param deadline when the connection must be made, by the clock's milliseconds */
  #try<T>(candidate: Candidate, search: Search, attempt: Attempt<T>, deadline: number): Deferred<T> {
    const { clock, random = Math.random } = this.#options;
    const { health } = candidate;
    search.asked(candidate);
    const within = shareOf(deadline - clock.now(), 1 + search.others);
    const asked = health.begin(clock.now());
    // maybeDeferred: an attempt that throws has to end, too; a probe that never ends would hold the address down
    // forever.
    return maybeDeferred(() => attempt.ask(candidate, within)).addBoth((outcome) => {
      const error: unknown = outcome instanceof Failure ? outcome.value : undefined;
      if (error instanceof RefusalError) search.refused(candidate, error);
      const finding = outcome instanceof Failure ? findingOf(error) : attempt.success;
      const change = health.end(asked, finding, clock.now(), random);
      if (change) this.#report(change, candidate, error);
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

  #report(change: "held" | "released", { upstream, address, health }: Candidate, error: unknown): void {
    const { observer, clock } = this.#options;
    if (change === "released") {
      if (this.#reported.delete(health)) observer.released({ upstream, address });
      return;
    }
    const isPlain = !(error instanceof RefusalError) && (error as FetchError).tells !== "local";
    if (this.#upstreams.isOne && isPlain) return; // It is tried all the same.
    this.#reported.add(health);
    observer.held({ upstream, address, ms: health.heldUntil - clock.now(), error: error as FetchError });
  }
}

/** Calls `look` once the next address may be tried, because others may have been held down meanwhile. */
function inTurn<T, F>({ turn }: Attempt<T>, look: () => Deferred<F>): Deferred<F> {
  return turn ? turn().addCallback(look) : look();
}

/** An equal share of the time left, in milliseconds; 0: no limit. */
function shareOf(left: number, parts: number): number {
  return left === Infinity ? 0 : Math.max(1, Math.ceil(left / parts));
}

function findingOf(error: unknown): Finding {
  if (error instanceof RefusalError) return error.refusal;
  if (!(error instanceof FetchError)) return undefined;
  return error.tells === "local" ? error : error.tells;
}
