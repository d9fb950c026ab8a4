import type { Clock } from "../../time/clock.ts";
import { CancelledError, Failure, maybeDeferred, type Deferred } from "../../deferred/mod.ts";
import type { Address } from "../../net/address.ts";
import type { Connect } from "../../net/connect.ts";
import type { Frame } from "../../protocols/frame.ts";
import { collect, type Sink } from "../../protocols/one-shot.ts";
import { isComplete, type AnswerRules } from "./answer-rules.ts";
import { FetchGate, OverflowError } from "./gate.ts";
import type { Observer } from "../service.ts";
import type { LiveAnswer } from "../visit/live-answer.ts";
import { retry } from "../../deferred/retry.ts";
import { applyAll, reporting, TransformError, type Transformation } from "../transform/transformation.ts";
import { fetchAnswer, FetchError, type FetchFailure, type Patience } from "./trip.ts";

export interface FetcherOptions extends Patience, AnswerRules {
  readonly upstream: Address;
  /** Bytes of the longest answer. */
  readonly maxAnswer: number;
  /** How an answer of at most so many bytes is read; default: it is every byte until the end. Not for `live` ones. */
  readonly sink?: (maxAnswer: number) => Sink<Uint8Array>;
  /** What is done to an answer before anyone sees it; one that fails fails the fetch. Not for `live` ones. */
  readonly transformations?: readonly Transformation[];
  /** Whether an answer of no bytes is one. By default it is not: that is how overload looks (xinetd, for one). */
  readonly acceptsEmpty: boolean;
  /** Fetches at a time. */
  readonly maxFetches: number;
  /** How many more may wait for their turn; the next one fails at once. */
  readonly maxQueue: number;
  /** Attempts that may follow a failed one, within `totalTimeout`. */
  readonly retries: number;
  readonly clock: Clock;
  /** Numbers from 0 to 1, for jitter; default: Math.random. */
  readonly random?: () => number;
  readonly observer: Observer;
  /** Default: connect() of net. */
  readonly connect?: Connect | undefined;
}

/** Failures that another attempt may not meet. */
const PASSING: ReadonlySet<FetchFailure> = new Set([
  "refused",
  "connect_timeout",
  "first_byte_timeout",
  "idle_timeout",
  "reset",
  "empty",
  "incomplete",
]);

/** Fetches whole answers from one upstream: so many at a time, each reported, and judged before anyone sees it. */
export class Fetcher {
  readonly #options: FetcherOptions;
  readonly #gate: FetchGate;

  constructor(options: FetcherOptions) {
    this.#options = options;
    this.#gate = new FetchGate(options.maxFetches, options.maxQueue);
  }

  /**
   * Fires with the answer to `request`; fails with FetchError or TransformError. Its own limits begin when its turn has
   * come.
   *
   * @param mayRepeat whether the upstream may be asked twice: not for what changes something there
   * @param live takes the answer as it comes in, for those who read along
   */
  fetch(request: Frame, mayRepeat = true, live?: LiveAnswer): Deferred<Uint8Array> {
    const { upstream, observer } = this.#options;
    return this.#gate
      .run(() => {
        const fetched = maybeDeferred(() => this.#fetchNow(request, mayRepeat, live));
        return this.#transform(fetched.addErrback((failure) => this.#tellBug(failure)));
      })
      .addErrback((failure) => {
        failure.trap(OverflowError);
        const error = new FetchError(upstream, "overflow", 0, failure.getErrorMessage());
        observer({ what: "fetch-failed", upstream, error, ms: 0 });
        throw error;
      });
  }

  #fetchNow(request: Frame, mayRepeat: boolean, live?: LiveAnswer): Deferred<Uint8Array> {
    const { clock, upstream, observer, totalTimeout } = this.#options;
    const start = clock.now();
    const spent = () => clock.now() - start;
    const left = () => (totalTimeout === 0 ? 0 : Math.max(1, totalTimeout - spent())); // 0 would be no limit.
    observer({ what: "fetching", upstream });
    return retry(() => this.#attempt(request, left(), live), {
      ...this.#options,
      retries: mayRepeat ? this.#options.retries : 0,
      isWorthwhile: ({ value }, pause) =>
        value instanceof FetchError &&
        PASSING.has(value.reason) &&
        !live?.hasBegun &&
        (totalTimeout === 0 || spent() + pause < totalTimeout),
      retrying: (attempt) => observer({ what: "retrying", upstream, attempt }),
    })
      .addErrback((failure) => {
        failure.trap(CancelledError);
        throw new FetchError(upstream, "cancelled", 0, "cancelled between two attempts");
      })
      .addBoth((outcome) => {
        live?.finish(outcome instanceof Failure ? "failed" : "whole");
        if (outcome instanceof Failure) {
          observer({ what: "fetch-failed", upstream, error: outcome.value as FetchError, ms: spent() });
        } else {
          observer({ what: "fetched", upstream, bytes: outcome.byteLength, ms: spent() });
        }
        return outcome;
      });
  }

  /** What is no FetchError comes of a bug, in an observer for one. */
  #tellBug(failure: Failure): Failure {
    const { value: error } = failure;
    if (!(error instanceof FetchError)) this.#options.observer({ what: "bug", error });
    return failure;
  }

  #attempt({ bytes, isTerminated }: Frame, totalTimeout: number, live?: LiveAnswer): Deferred<Uint8Array> {
    const { clock, upstream, observer, maxAnswer, sink = collect } = this.#options;
    const start = clock.now();
    return fetchAnswer(upstream, {
      ...this.#options,
      totalTimeout,
      sink: live ?? sink(maxAnswer),
      request: bytes,
      endsInput: !isTerminated, // As the client ended its own.
      connected: (transport) => {
        live?.comesFrom(transport);
        observer({ what: "connected", upstream, ms: clock.now() - start });
      },
      protocolFailed: (error) => observer({ what: "bug", error }),
    }).addCallback((poem) => this.#judge(poem));
  }

  #transform(fetched: Deferred<Uint8Array>): Deferred<Uint8Array> {
    const { transformations = [], acceptsEmpty } = this.#options;
    if (transformations.length === 0) return fetched;
    const names = transformations.map(({ name }) => name);
    const work = (poem: Uint8Array) =>
      applyAll(transformations, poem).addCallback((transformed) => {
        if (transformed.length > 0 || acceptsEmpty) return transformed;
        throw new TransformError(names.join(", "), "empty", "nothing is left of the poem (0 bytes)");
      });
    return fetched.addCallback((poem) =>
      reporting(() => work(poem), { names, bytes: poem.length }, this.#options),
    );
  }

  #judge(poem: Uint8Array): Uint8Array {
    const { upstream } = this.#options;
    if (isComplete(poem, this.#options)) return poem;
    const detail = `the answer of ${poem.length} bytes is not complete`;
    throw new FetchError(upstream, "incomplete", poem.length, detail);
  }
}
