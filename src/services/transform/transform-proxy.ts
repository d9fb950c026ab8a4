import type { Address } from "../../net/address.ts";
import { typedFrames } from "../../protocols/request.ts";
import { readTransformRequest, transformAnswer, transformRequestReader } from "../../protocols/transform.ts";
import type { Observer } from "../observer.ts";
import type { ProxyObserver, ProxyOptions } from "../proxy/options.ts";
import { Proxy } from "../proxy/proxy.ts";
import type { RequestKind } from "../proxy/requests.ts";
import type { TransformEvents } from "./events.ts";

/** Which requests clients of a transform proxy may send. */
export interface TransformRequests {
  /** The longest poem that a client may send, in bytes; `answers.maxAnswer` limits the transformed poem. */
  readonly maxPoem: number;
  /** Milliseconds a client may take to send its request; 0 = no limit. */
  readonly requestTimeout: number;
  /** The transformations that clients may request; absent: any. */
  readonly allowed?: ReadonlySet<string> | undefined;
}

/** Options of a TransformProxy. */
export interface TransformProxyOptions extends Omit<ProxyOptions, "requests" | "stream"> {
  readonly requests: TransformRequests;
  readonly observer: ProxyObserver & Observer<Pick<TransformEvents, "proxyingTransforms">>;
}

/**
 * A proxy that caches the transformations of an external server, so that each is done only once. Answers are cached in
 * their wire format. Unlike a TransformServer it never declines with a clean close: see docs/decisions/0200.
 */
export class TransformProxy extends Proxy {
  readonly #observer: TransformProxyOptions["observer"];
  readonly #upstreams: readonly Address[];

  constructor(options: TransformProxyOptions) {
    super(asProxyOptions(options));
    this.#observer = options.observer;
    this.#upstreams = options.fetch.upstreams;
  }

  protected override tellOpen(address: Address): void {
    this.#observer.proxyingTransforms({ upstreams: this.#upstreams, address });
  }
}

/** The options of a transform proxy as those of a proxy; also used to renew one. */
export function asProxyOptions(options: TransformProxyOptions): ProxyOptions {
  return {
    ...options,
    requests: transformRequests(options.requests),
    fetch: { ...options.fetch, sink: transformAnswer },
    stream: false,
  };
}

/** A digest, because requests may be long. */
function keyOf(bytes: Uint8Array): string {
  return `${bytes.length}:${Bun.CryptoHasher.hash("sha256", bytes, "base64")}`;
}

function transformRequests({ maxPoem, requestTimeout, allowed }: TransformRequests): RequestKind {
  return {
    requestTimeout,
    reader: (meter) => transformRequestReader(maxPoem, meter),
    keysOf: (typed) => typedFrames("netstring", typed).map(({ bytes }) => keyOf(bytes)),
    classify(request) {
      const { bytes } = request;
      const { name } = readTransformRequest(bytes);
      const label = new TextEncoder().encode(name); // Without the poem, which is private.
      if (allowed?.has(name) === false) {
        const detail = `transformation ${name} not allowed by --transforms`;
        return { refused: { ending: "client/request/not_allowed", detail } };
      }
      return { key: keyOf(bytes), isShared: true, request: { ...request, label } };
    },
  };
}
