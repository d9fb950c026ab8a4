import { Cache } from "../cache/cache.ts";
import type { Lifetime } from "../cache/freshness.ts";
import { CancelledError, type Deferred } from "../deferred/mod.ts";
import type { Address } from "../net/address.ts";
import type { Protocol, Transport } from "../net/transport.ts";
import { collect, sendWhole } from "../protocols/one-shot.ts";
import { ListeningService, type ListeningOptions } from "./listening-service.ts";
import type { Client, Observer, ServiceEvent } from "./service.ts";
import { fetchAnswer, type FetchError, type FetchOptions, type Patience } from "./upstream.ts";

export interface ProxyOptions extends ListeningOptions, Patience, Lifetime {
  readonly upstream: Address;
  /** Bytes of the longest answer. */
  readonly maxAnswer: number;
  /** Bytes of all answers kept. */
  readonly maxMemory: number;
}

/** Without a request every client asks for the same: there is one key. */
const THE_POEM = "";

/** A caching proxy: answers from its cache at once, or shares one fetch among all who ask meanwhile. */
export class Proxy extends ListeningService {
  readonly #options: ProxyOptions;
  readonly #cache: Cache<Uint8Array>;
  protected override readonly wholeAnswers = true;

  constructor(options: ProxyOptions) {
    super(options);
    this.#options = options;
    this.#cache = new Cache({
      ...options,
      maxBytes: options.maxMemory,
      weigh: (answer) => answer.byteLength,
    });
  }

  /** Clients that wait for a fetch. */
  get waiters(): number {
    return this.#cache.waiters(THE_POEM);
  }

  protected override announcement(address: Address): ServiceEvent {
    return { what: "proxying", upstream: this.#options.upstream, address };
  }

  /** A hit is written before this returns: its Deferred has fired already. */
  protected override serve(transport: Transport): Protocol {
    const { observer } = this.#options;
    const { answer, value } = this.#cache.get(THE_POEM, () => this.#fetch());
    observer({ what: answer, client: transport });
    value.addCallbacks(
      (poem) => sendWhole(transport, poem),
      (failure) => {
        if (failure.check(CancelledError)) return;
        observer({ what: "refused", client: transport });
        transport.abort();
      },
    );
    if (value.called) return IGNORANCE;
    return new Waiting(value, transport, observer);
  }

  #fetch(): Deferred<Uint8Array> {
    const { clock, upstream, observer } = this.#options;
    const start = clock.now();
    observer({ what: "fetching", upstream });
    const options: FetchOptions<Uint8Array> = {
      ...this.#options,
      connected: () => observer({ what: "connected", upstream, ms: clock.now() - start }),
      sink: collect(this.#options.maxAnswer),
      protocolFailed: (error) => observer({ what: "bug", error }),
    };
    return fetchAnswer(upstream, options).addCallbacks(
      (poem) => {
        observer({ what: "fetched", upstream, bytes: poem.byteLength, ms: clock.now() - start });
        return poem;
      },
      (failure) => {
        observer({
          what: "fetch-failed",
          upstream,
          error: failure.value as FetchError,
          ms: clock.now() - start,
        });
        return failure.throwException();
      },
    );
  }
}

/** What a client says is thrown away; if it ends its own side, it still gets its answer. */
const IGNORANCE: Protocol = { dataReceived() {}, inputEnded() {}, connectionLost() {} };

/** A client that waits for a fetch: if it goes, its place among the waiters goes too. */
class Waiting implements Protocol {
  readonly #answer: Deferred;
  readonly #client: Client;
  readonly #observer: Observer;

  constructor(answer: Deferred, client: Client, observer: Observer) {
    this.#answer = answer;
    this.#client = client;
    this.#observer = observer;
  }

  dataReceived(): void {}

  inputEnded(): void {}

  connectionLost(): void {
    if (this.#answer.called) return;
    this.#observer({ what: "left", client: this.#client });
    this.#answer.cancel();
  }
}
