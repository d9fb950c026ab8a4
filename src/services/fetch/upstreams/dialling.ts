import type { Deferred } from "../../../deferred/mod.ts";
import { connect, type Connect } from "../../../net/connect.ts";
import type { Protocol, Transport } from "../../../net/transport.ts";
import type { Frame } from "../../../protocols/frame.ts";
import type { Clock } from "../../../time/clock.ts";
import { connectError } from "../trip.ts";
import type { OneByOne } from "./one-by-one.ts";
import { Search } from "./search.ts";
import type { Upstreams } from "./upstreams.ts";

/** Options of dialling(). */
export interface DiallingOptions {
  readonly clock: Clock;
  /** Called after a bug in the protocol. */
  readonly protocolFailed: (error: unknown) => void;
  /** The literal address of this machine to connect from; absent: chosen by the system. */
  readonly source?: string | undefined;
  /** Default: connect() of net. */
  readonly connect?: Connect | undefined;
}

/** Connects a protocol to an upstream on behalf of one client, which began with `request`. Fails with FetchError. */
export type Dial = (protocol: Protocol, request: Frame) => Deferred<Transport>;

/** Connects to the address whose turn it is, or else to the next one that accepts the connection. */
export function dialling(upstreams: Upstreams, oneByOne: OneByOne, options: DiallingOptions): Dial {
  const { clock, protocolFailed, source, connect: dial = connect } = options;
  return (protocol, request) => {
    let isConnected = false;
    return oneByOne.try(new Search(upstreams, request), {
      ask: (candidate, timeout) =>
        dial(candidate.address, protocol, {
          clock,
          protocolFailed,
          source,
          timeout,
          asked: candidate.upstream,
        }).addCallbacks(
          (transport) => {
            isConnected = true;
            return transport;
          },
          (failure) => {
            throw connectError(failure, candidate);
          },
        ),
      hasConnected: () => isConnected,
      success: "reached",
    });
  };
}
