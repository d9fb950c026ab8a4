import type { Clock } from "../../time/clock.ts";
import type { Deferred } from "../../deferred/mod.ts";
import type { Address } from "../../net/address.ts";
import type { Connect } from "../../net/connect.ts";
import type { Transport } from "../../net/transport.ts";
import { collect, type Sink } from "../../protocols/one-shot.ts";
import { onlyTotal, trip } from "../fetch/trip.ts";

/** Options of streamPoem() and getPoem(). */
export interface PoemClientOptions {
  readonly clock: Clock;
  /** Milliseconds for the whole poem; 0 = no limit. */
  readonly timeout: number;
  /** What to send first; default: nothing. */
  readonly request?: Uint8Array | undefined;
  /** Default: connect() of net. */
  readonly connect?: Connect | undefined;
  /** Called after a bug in reading the poem. */
  readonly protocolFailed: (error: unknown) => void;
}

/** Receives a poem as it arrives. */
export interface Reader {
  /** Takes the next bytes; if it throws, the poem fails. */
  take(bytes: Uint8Array): void;
  /** The connection that delivers the poem, which can be paused while there is no room. */
  setSource?(transport: Transport): void;
}

/** Passes one poem to `reader` as it arrives. Fails with FetchError, or with whatever the reader threw. */
export function streamPoem(server: Address, reader: Reader, options: PoemClientOptions): Deferred<void> {
  const connected = (transport: Transport) => reader.setSource?.(transport);
  return ask(server, { take: (bytes) => reader.take(bytes), end: () => {} }, options, connected);
}

/**
 * Gets one whole poem. Fails with FetchError.
 *
 * @param limit the longest poem, in bytes
 * @param progress called with the number of bytes so far, as they arrive
 */
export function getPoem(
  server: Address,
  limit: number,
  options: PoemClientOptions,
  progress: (received: number) => void = () => {},
): Deferred<Uint8Array> {
  const whole = collect(limit);
  let received = 0;
  const take = (bytes: Uint8Array) => {
    whole.take(bytes);
    received += bytes.length;
    progress(received);
  };
  return ask(server, { take, end: () => whole.end() }, options);
}

/** With no timeout but the total one, because a person is watching the progress. */
function ask<R>(
  server: Address,
  sink: Sink<R>,
  { timeout, ...options }: PoemClientOptions,
  connected: (transport: Transport) => void = () => {},
): Deferred<R> {
  return trip(server, { ...options, timeouts: onlyTotal(timeout), sink, connected });
}
