import type { Clock } from "../../time/clock.ts";
import type { Deferred } from "../../deferred/mod.ts";
import type { Address } from "../../net/address.ts";
import type { Connect } from "../../net/connect.ts";
import type { Transport } from "../../net/transport.ts";
import { collect, type Sink } from "../../protocols/one-shot.ts";
import { onlyTotal, trip } from "../fetch/trip.ts";

export interface PoemClientOptions {
  readonly clock: Clock;
  /** Milliseconds for the whole poem; 0 = no limit. */
  readonly timeout: number;
  /** What to ask for; default: nothing, the server knows what it has to say. */
  readonly request?: Uint8Array | undefined;
  /** Default: connect() of net. */
  readonly connect?: Connect | undefined;
  /** Told of a bug in reading the poem. */
  readonly protocolFailed: (error: unknown) => void;
}

/** A place for a poem that is coming in. */
export interface Reader {
  /** Takes the next bytes; what it throws ends the poem. */
  take(bytes: Uint8Array): void;
  /** The connection that the poem comes by: it can be paused while there is no room. */
  pausing?(transport: Transport): void;
}

/** Hands one poem to `reader` as it arrives. Fails with FetchError, or with what the reader threw, unless all of it came. */
export function streamPoem(server: Address, reader: Reader, options: PoemClientOptions): Deferred<void> {
  const connected = (transport: Transport) => reader.pausing?.(transport);
  return ask(server, { take: (bytes) => reader.take(bytes), end: () => {} }, options, connected);
}

/**
 * Gets one whole poem. Fails with FetchError.
 *
 * @param limit bytes of the longest poem
 * @param progress told how many bytes have come, as they come
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

/** One time limit for all of it: a person is waiting, and sees how far it has come. */
function ask<R>(
  server: Address,
  sink: Sink<R>,
  { timeout, ...options }: PoemClientOptions,
  connected: (transport: Transport) => void = () => {},
): Deferred<R> {
  return trip(server, { ...options, timeouts: onlyTotal(timeout), sink, connected });
}
