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
import { lookUp } from "./system/names.ts";
import { DeadlineQueue } from "../time/deadlines.ts";
import type { ConnectionOwner, Protocol, Transport } from "./transport.ts";

/** Options of connect(). */
export interface ConnectOptions {
  /** Time limit in milliseconds for the look-up and all addresses together; 0: only the limits of the system. */
  readonly timeout: number;
  readonly clock: Clock;
  /** The configured address, if `address` is one that its name resolved to: TLS verifies this name. */
  readonly asked?: Address | undefined;
  /** The literal address of this machine to connect from; absent: chosen by the system. */
  readonly source?: string | undefined;
  /** Called after a protocol threw and its connection was reset. */
  readonly protocolFailed: (error: unknown) => void;
}

/** How to make a connection; tests use one without sockets. */
export type Connect = typeof connect;

/** How long the other side may keep its half open after we closed ours, in milliseconds. */
const LINGER_MS = 2000;

/**
 * Connects `protocol` to `address`. Resolves its name and tries the addresses one after another: by itself, Bun would
 * open two connections at once, and the upstream would serve both.
 *
 * @returns fires with the transport; fails with ConnectError. Cancelling gives up the attempt.
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
    waitsForReaders: false, // A peer that has answered will not read the rest of the request.
    held: () => {},
    // The timeouts of a fetch include sending.
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
      return new ConnectError(address, "timeout", `${others} earlier attempts are still unanswered`);
    return new ConnectError(address, "exhausted", `no file descriptor was free ${within}`);
  }

  function tryEach([literal, ...others]: readonly Address[]): Deferred<Transport> {
    const left = deadline - clock.now();
    if (left <= 0) throw new TimeoutError(timeout); // The process or the machine was suspended meanwhile.
    const attempt = tryOne(literal as Address);
    if (others.length === 0) return attempt;
    if (left !== Infinity) attempt.addTimeout(left / (others.length + 1), clock);
    return attempt.addErrback((failure) => {
      failure.trap(ConnectError, TimeoutError);
      return tryEach(others);
    });
  }

  function establish(socket: Socket<Connection>): Connection {
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
    const attempt = (): Deferred<Transport> => dial(literal, begin, establish, options.source);
    const connecting = isUnix(literal) ? retryingWhileFull(attempt, clock) : attempt();
    return connecting.addErrback((failure) => {
      const { code, message } = failure.as(DialError);
      const which = isUnix(literal) || literal === address ? "" : `${literal.host}: `;
      const detail = `${which}${message} after ${Math.round(clock.now() - start)} ms`;
      throw new ConnectError(address, CONNECT_FAILURES[code] ?? "local", detail);
    });
  }
}

/** Retries while the queue of a Unix socket is full, until cancelled. For TCP the kernel does that. */
function retryingWhileFull(attempt: () => Deferred<Transport>, clock: Clock): Deferred<Transport> {
  return retry(attempt, { retries: Infinity, clock, isWorthwhile: hasFullQueue });
}

function hasFullQueue({ value }: Failure): boolean {
  return value instanceof DialError && value.code === "EAGAIN";
}

/** The literal addresses of a name, in the order in which to try them. */
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

/** Error codes of failures that the other side or the network caused. */
const CONNECT_FAILURES: Readonly<Record<string, ConnectFailure>> = {
  ECONNREFUSED: "refused",
  ECONNRESET: "reset",
  EHOSTDOWN: "refused",
  EHOSTUNREACH: "refused",
  ENETUNREACH: "refused",
  ETIMEDOUT: "timeout",
  ENOENT: "refused", // No such Unix socket.
};
