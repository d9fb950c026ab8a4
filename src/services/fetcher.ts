import type { Clock } from "../clock.ts";
import { Failure, type Deferred } from "../deferred/mod.ts";
import type { Address } from "../net/address.ts";
import type { Frame } from "../protocols/frame.ts";
import { collect, type Sink } from "../protocols/one-shot.ts";
import { isComplete, type AnswerRules } from "./answer-rules.ts";
import { FetchGate, OverflowError } from "./fetch-gate.ts";
import type { Observer } from "./service.ts";
import { applyAll, reporting, TransformError, type Transformation } from "./transformation.ts";
import { fetchAnswer, FetchError, type Patience } from "./upstream.ts";

export interface FetcherOptions extends Patience, AnswerRules {
  readonly upstream: Address;
  /** Bytes of the longest answer. */
  readonly maxAnswer: number;
  /** How an answer of at most so many bytes is read; default: it is every byte until the end. */
  readonly sink?: (maxAnswer: number) => Sink<Uint8Array>;
  /** What is done to an answer before anyone sees it; one that fails fails the fetch. */
  readonly transformations?: readonly Transformation[];
  /** Whether an answer of no bytes is one. By default it is not: that is how overload looks (xinetd, for one). */
  readonly acceptsEmpty: boolean;
  /** Fetches at a time. */
  readonly maxFetches: number;
  /** How many more may wait for their turn; the next one fails at once. */
  readonly maxQueue: number;
  readonly clock: Clock;
  readonly observer: Observer;
}

/** Fetches whole answers from one upstream: so many at a time, each reported, and judged before anyone sees it. */
export class Fetcher {
  readonly #options: FetcherOptions;
  readonly #gate: FetchGate;

  constructor(options: FetcherOptions) {
    this.#options = options;
    this.#gate = new FetchGate(options.maxFetches, options.maxQueue);
  }

  /** Fires with the answer to `request`; fails with FetchError or TransformError. Its own limits begin when its turn has come. */
  fetch(request: Frame): Deferred<Uint8Array> {
    const { upstream } = this.#options;
    return this.#gate
      .run(() => this.#transform(this.#fetchNow(request)))
      .addErrback((failure) => {
        failure.trap(OverflowError);
        const error = new FetchError(upstream, "overflow", 0, failure.getErrorMessage());
        this.#options.observer({ what: "fetch-failed", upstream, error, ms: 0 });
        throw error;
      });
  }

  #fetchNow({ bytes, isTerminated }: Frame): Deferred<Uint8Array> {
    const { clock, upstream, observer, maxAnswer, sink = collect } = this.#options;
    const start = clock.now();
    const spent = () => clock.now() - start;
    observer({ what: "fetching", upstream });
    const answer = fetchAnswer(upstream, {
      ...this.#options,
      sink: sink(maxAnswer),
      request: bytes,
      endsInput: !isTerminated, // As the client ended its own.
      connected: () => observer({ what: "connected", upstream, ms: spent() }),
      protocolFailed: (error) => observer({ what: "bug", error }),
    });
    return answer
      .addCallback((poem) => this.#judge(poem))
      .addBoth((outcome) => {
        if (outcome instanceof Failure) {
          observer({ what: "fetch-failed", upstream, error: outcome.value as FetchError, ms: spent() });
        } else {
          observer({ what: "fetched", upstream, bytes: outcome.byteLength, ms: spent() });
        }
        return outcome;
      });
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
