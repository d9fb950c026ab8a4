import type { Deferred } from "../../deferred/mod.ts";
import type { Address } from "../../net/address.ts";
import { connect, type Connect, type ConnectOptions } from "../../net/connect.ts";
import type { Protocol, Transport } from "../../net/transport.ts";
import { FetchError } from "./errors.ts";
import { toFetchError } from "./trip.ts";

export interface DialOptions extends ConnectOptions {
  /** Default: connect() of net. */
  readonly connect?: Connect | undefined;
}

/** Connects `protocol` to the first of `upstreams` that takes the connection. Fails with FetchError. */
export function dialAny(
  [first, ...others]: readonly Address[],
  protocol: Protocol,
  options: DialOptions,
): Deferred<Transport> {
  const { connect: dial = connect, ...rest } = options;
  const upstream = first as Address;
  return dial(upstream, protocol, rest).addErrback((failure) => {
    const error = toFetchError(failure, upstream, 0);
    if (others.length === 0 || !(error instanceof FetchError)) throw error;
    return dialAny(others, protocol, options);
  });
}
