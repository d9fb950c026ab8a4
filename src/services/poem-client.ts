import type { Clock } from "../clock.ts";
import type { Deferred } from "../deferred/mod.ts";
import type { Address } from "../net/address.ts";
import type { Transport } from "../net/transport.ts";
import type { Sink } from "../protocols/one-shot.ts";
import { fetchAnswer } from "./upstream.ts";

export interface PoemClientOptions<R> {
  readonly clock: Clock;
  /** Milliseconds for the whole poem; 0 = no limit. */
  readonly timeout: number;
  /** Where the poem goes as it arrives. */
  readonly sink: Sink<R>;
  /** The server has been reached: its transport can be paused while the sink is full. */
  readonly connected?: (transport: Transport) => void;
  /** Told of a bug in reading the poem. */
  readonly protocolFailed: (error: unknown) => void;
}

/** Gets one poem. Fires with what the sink made of it; fails with FetchError unless the whole poem came. */
export function getPoem<R>(server: Address, options: PoemClientOptions<R>): Deferred<R> {
  return fetchAnswer(server, {
    ...options,
    connectTimeout: 0,
    firstByteTimeout: 0,
    idleTimeout: 0,
    totalTimeout: options.timeout,
  });
}
