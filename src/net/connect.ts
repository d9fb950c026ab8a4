import { isIP } from "node:net";
import type { Clock } from "../time/clock.ts";
import { CancelledError, Deferred, fromPromise, succeed, TimeoutError } from "../deferred/mod.ts";
import type { Address } from "./address.ts";
import { Connection, connectionHandlers, type ConnectionOwner } from "./connection.ts";
import { ConnectError, describeSystemError, type ConnectFailure } from "./errors.ts";
import { DeadlineQueue } from "../time/deadlines.ts";
import type { Protocol, Transport } from "./transport.ts";

export interface ConnectOptions {
  /** Milliseconds until the attempt fails, name look-up and all addresses together; 0 = no limit of ours. */
  readonly timeout: number;
  readonly clock: Clock;
  /** Told of a protocol that threw; its connection has been reset. */
  readonly protocolFailed: (error: unknown) => void;
}

/** How a connection is made; tests bring one of their own, without sockets. */
export type Connect = typeof connect;

/** What an attempt needs from `connect`. */
interface Caller extends ConnectionOwner {
  readonly clock: Clock;
}

/** Milliseconds the other side may keep its half open after we closed ours. */
const LINGER_MS = 2000;

/**
 * Connects `protocol` to `address`: its name is looked up here, and its addresses are tried one after the other (left
 * to itself Bun opens two connections at once, so that the upstream serves two).
 *
 * @returns the transport; fails with ConnectError. Cancelling gives up the attempt.
 */
export function connect(address: Address, protocol: Protocol, options: ConnectOptions): Deferred<Transport> {
  const { clock, timeout } = options;
  const deadline = timeout === 0 ? Infinity : clock.now() + timeout;
  const lingering = new DeadlineQueue<Connection>(clock, LINGER_MS, (each) =>
    each.hangUp("client/linger/timeout"),
  );
  const caller: Caller = {
    clock,
    lingering: (connection) => lingering.start(connection),
    // A fetch has its own limits: how long sending takes is part of them.
    stalled: () => {},
    flowing: () => {},
    released: (connection) => lingering.delete(connection),
    protocolFailed: options.protocolFailed,
  };
  const connected = resolve(address).addCallback((hosts) => tryEach(hosts));
  return (timeout === 0 ? connected : connected.addTimeout(timeout, clock)).addErrback((failure) => {
    failure.trap(TimeoutError);
    throw new ConnectError(address, "timeout", `no answer within ${timeout} ms`);
  });

  function tryEach([host, ...others]: string[]): Deferred<Transport> {
    const attempt = dial({ host: host as string, port: address.port }, address, protocol, caller);
    if (others.length === 0) return attempt;
    const share = (deadline - clock.now()) / (others.length + 1);
    if (share !== Infinity) attempt.addTimeout(share, clock);
    return attempt.addErrback((failure) => {
      failure.trap(ConnectError, TimeoutError);
      return tryEach(others);
    });
  }
}

/** The literal addresses of a host, in the order to be tried. */
function resolve(address: Address): Deferred<string[]> {
  if (isIP(address.host) !== 0) return succeed([address.host]);
  return fromPromise(Bun.dns.lookup(address.host)).addCallbacks(
    (found) => found.map((each) => each.address),
    (failure) => {
      if (failure.check(CancelledError)) failure.throwException();
      throw new ConnectError(address, "dns", describeSystemError(failure.value));
    },
  );
}

/** The system's names for what the other side did. */
const CONNECT_FAILURES: Readonly<Record<string, ConnectFailure>> = {
  ECONNREFUSED: "refused",
  ECONNRESET: "reset",
};

/** One attempt at one literal address. */
function dial(literal: Address, address: Address, protocol: Protocol, caller: Caller): Deferred<Transport> {
  let abandoned = false;
  const dialled = new Deferred<Transport>(() => {
    abandoned = true; // Bun cannot stop a pending connect: a late one is reset in `open`.
  });
  const start = caller.clock.now();
  const connecting = Bun.connect<Connection>({
    hostname: literal.host,
    port: literal.port,
    allowHalfOpen: true,
    socket: {
      ...connectionHandlers,
      open(socket) {
        const connection = new Connection(socket, caller);
        socket.data = connection;
        if (abandoned) return connection.abort("proxy/fetch/cancelled");
        connection.attach(protocol);
        protocol.connectionMade?.(connection);
        dialled.callback(connection);
      },
      connectError(_socket, error) {
        if (abandoned) return;
        const elapsed = Math.round(caller.clock.now() - start);
        const { code } = error as { code?: string };
        const reason = CONNECT_FAILURES[code ?? ""] ?? "local";
        dialled.errback(
          new ConnectError(address, reason, `${describeSystemError(error)} after ${elapsed} ms`),
        );
      },
    },
  });
  connecting.catch(() => {}); // Told through connectError already.
  return dialled;
}
