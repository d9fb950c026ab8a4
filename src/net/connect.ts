import type { Socket } from "bun";
import type { Clock } from "../time/clock.ts";
import {
  CancelledError,
  retry,
  succeed,
  TimeoutError,
  type Deferred,
  type Failure,
} from "../deferred/mod.ts";
import { isLiteral, isUnix, type Address } from "./address.ts";
import { Connection } from "./connection.ts";
import { abandonedDials, dial, DialError } from "./dial.ts";
import { ConnectError, describeSystemError, type ConnectFailure } from "./errors.ts";
import { lookUp } from "./names.ts";
import { DeadlineQueue } from "../time/deadlines.ts";
import type { ConnectionOwner, Protocol, Transport } from "./transport.ts";

export interface ConnectOptions {
  /** Milliseconds until the attempt fails, name look-up and all addresses together; 0 = no limit of ours. */
  readonly timeout: number;
  readonly clock: Clock;
  /** Who was asked for, if `address` is one of several that were found for it: whoever is there may have to prove it. */
  readonly asked?: Address | undefined;
  /** The literal address of this machine to connect from; absent: as the system likes. */
  readonly source?: string | undefined;
  /** Told of a protocol that threw; its connection has been reset. */
  readonly protocolFailed: (error: unknown) => void;
}

/** How a connection is made; tests bring one of their own, without sockets. */
export type Connect = typeof connect;

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
  const caller: ConnectionOwner<Connection> = {
    isUnix: isUnix(address),
    lingering: (connection) => lingering.start(connection),
    talking: (connection) => connection.hangUp("client/linger/too_much"),
    waitsForReaders: false, // What it has not read of the request when it has answered it will never read.
    held: () => {},
    // A fetch has its own limits: how long sending takes is part of them.
    stalled: () => {},
    flowing: () => {},
    released: (connection) => lingering.delete(connection),
    protocolFailed: options.protocolFailed,
  };
  let waitsFor: "name" | "descriptor" | "answer" = "name";
  const connected = resolve(address).addCallback((literals) => tryEach(literals));
  return (timeout === 0 ? connected : connected.addTimeout(timeout, clock)).addErrback((failure) => {
    failure.trap(TimeoutError);
    throw tooLate();
  });

  function tooLate(): ConnectError {
    const within = `within ${timeout} ms`;
    if (waitsFor === "name")
      return new ConnectError(address, "timeout", `the name was not resolved ${within}`);
    if (waitsFor === "answer") return new ConnectError(address, "timeout", `no answer ${within}`);
    const others = abandonedDials();
    if (others > 0)
      return new ConnectError(address, "timeout", `${others} earlier attempts are still without an answer`);
    return new ConnectError(address, "exhausted", `no file descriptor was free ${within}`);
  }

  function tryEach([literal, ...others]: readonly Address[]): Deferred<Transport> {
    const left = deadline - clock.now();
    if (left <= 0) throw new TimeoutError(timeout); // The process was stopped in between, or this machine was asleep.
    const attempt = tryOne(literal as Address);
    if (others.length === 0) return attempt;
    if (left !== Infinity) attempt.addTimeout(left / (others.length + 1), clock);
    return attempt.addErrback((failure) => {
      failure.trap(ConnectError, TimeoutError);
      return tryEach(others);
    });
  }

  function stand(socket: Socket<Connection>): Connection {
    const connection = new Connection(socket, caller);
    socket.data = connection;
    connection.attach(protocol);
    protocol.connectionMade?.(connection);
    return connection;
  }

  function tryOne(literal: Address): Deferred<Transport> {
    let start = clock.now();
    const begin = () => {
      waitsFor = "answer";
      start = clock.now();
    };
    waitsFor = "descriptor";
    const attempt = (): Deferred<Transport> => dial(literal, begin, stand, options.source);
    const connecting = isUnix(literal) ? knocking(attempt, clock) : attempt();
    return connecting.addErrback((failure) => {
      const { code, message } = failure.as(DialError);
      const which = isUnix(literal) || literal === address ? "" : `${literal.host}: `;
      const detail = `${which}${message} after ${Math.round(clock.now() - start)} ms`;
      throw new ConnectError(address, CONNECT_FAILURES[code] ?? "local", detail);
    });
  }
}

/** Knocks again at a Unix socket whose queue is full, until there is room or it is given up: for TCP the kernel does that. */
function knocking(attempt: () => Deferred<Transport>, clock: Clock): Deferred<Transport> {
  return retry(attempt, { retries: Infinity, clock, isWorthwhile: hasFullQueue });
}

function hasFullQueue({ value }: Failure): boolean {
  return value instanceof DialError && value.code === "EAGAIN";
}

/** The literal addresses of a name, in the order to be tried. */
function resolve(address: Address): Deferred<Address[]> {
  if (isUnix(address) || isLiteral(address)) return succeed([address]);
  const { host, port } = address;
  return lookUp(host).addCallbacks(
    (literals) => literals.map((literal) => ({ host: literal, port })),
    (failure) => {
      if (failure.check(CancelledError)) failure.throwException();
      throw new ConnectError(address, "dns", describeSystemError(failure.value));
    },
  );
}

/** The system's names for what the other side did, or the network between. */
const CONNECT_FAILURES: Readonly<Record<string, ConnectFailure>> = {
  ECONNREFUSED: "refused",
  ECONNRESET: "reset",
  EHOSTDOWN: "refused",
  EHOSTUNREACH: "refused",
  ENETUNREACH: "refused",
  ETIMEDOUT: "timeout",
  ENOENT: "refused", // Nobody has made that Unix socket.
};
