import type { Address } from "../../net/address.ts";
import type { Frame, FrameReader } from "../../protocols/frame.ts";
import { readTransformRequest, transformAnswer, transformRequestReader } from "../../protocols/transform.ts";
import { Proxy, type ProxyOptions, type Verdict } from "../proxy/proxy.ts";
import type { ServiceEvent } from "../service.ts";

export interface TransformProxyOptions extends Omit<ProxyOptions, "requests" | "sink" | "stream"> {
  /** Bytes of the longest poem that a client may send; `maxAnswer` is that of the longest one it may get. */
  readonly maxPoem: number;
  /** Milliseconds a client may take to ask; 0 = no limit. */
  readonly requestTimeout: number;
  /** The transformations that clients may ask for; absent: any. */
  readonly allowed?: ReadonlySet<string> | undefined;
}

/**
 * A proxy that offers transformations and has an external server do them: each is done once, and kept. What it keeps is
 * the answer as it goes over the wire. Unlike a TransformServer it declines nothing in order: see docs/decisions/0200.
 */
export class TransformProxy extends Proxy {
  readonly #options: TransformProxyOptions;

  constructor(options: TransformProxyOptions) {
    const { requestTimeout } = options;
    super({
      ...options,
      sink: transformAnswer,
      stream: false,
      requests: { framing: "netstring", requestTimeout, folds: [] },
    });
    this.#options = options;
  }

  protected override announcement(address: Address): ServiceEvent {
    return { what: "proxying-transforms", upstream: this.#options.upstream, address };
  }

  protected override reader(): FrameReader {
    return transformRequestReader(this.#options.maxPoem);
  }

  /** The key is a digest: the request may be long, and has no place in the table of answers. */
  protected override judge({ bytes }: Frame): Verdict {
    const { name } = readTransformRequest(bytes);
    if (this.#options.allowed?.has(name) === false) {
      return { refused: { reason: "not_allowed", detail: `--transforms does not let ${name} through` } };
    }
    return { key: `${bytes.length}:${Bun.CryptoHasher.hash("sha256", bytes, "base64")}`, isShared: true };
  }
}
