import type { Socket, TCPSocketConnectOptions } from "bun";
import { Deferred, DeferredSemaphore, fail } from "../deferred/mod.ts";
import { isUnix, systemPath, type Address } from "./address.ts";
import type { Connection } from "./connection.ts";
import { connectionHandlers } from "./socket/handlers.ts";
import { descriptorShares } from "./system/descriptors.ts";
import { describeSystemError } from "./errors.ts";
import { beginConnecting } from "./libc.ts";

/** An attempt to connect failed or could not be made; `code` is the system's name for the reason. */
export class DialError extends Error {
  override readonly name = "DialError";

  constructor(
    readonly code: string,
    words = DIAL_WORDS[code] ?? describeSystemError({ code }),
  ) {
    super(words);
  }
}

/** Replaces texts of SYSTEM_ERRORS that are about listening. */
const DIAL_WORDS: Readonly<Record<string, string>> = {
  EADDRNOTAVAIL: "no address of this machine can reach it, or no local port is free (EADDRNOTAVAIL)",
};

/** One token per socket, from the attempt to its end. Created when the limit is first needed. */
let room: DeferredSemaphore | undefined;
/** Attempts that were cancelled but cannot be stopped. */
let abandoned = 0;

/** How many cancelled attempts are still under way and hold descriptors. */
export function abandonedDials(): number {
  return abandoned;
}

/**
 * Connects to a literal address or a path, once there is a file descriptor for it. Fires with the result of `connected`
 * for the socket; fails with DialError. Cancelling closes the socket.
 *
 * By itself, Bun cannot stop an attempt, reports an unreachable host as a refusal, and loses the answer of a Unix
 * server that ends at once. So libc makes the socket, and Bun gets one that it believes to be connected. If libc cannot
 * be called, a cancelled attempt goes on, and is reset if it succeeds (docs/decisions/0500).
 *
 * @param begin called when there is a descriptor
 * @param source the literal address of this machine to connect from; absent: chosen by the system
 */
export function dial(
  to: Address,
  begin: () => void,
  connected: (socket: Socket<Connection>) => Connection,
  source?: string,
): Deferred<Connection> {
  room ??= new DeferredSemaphore(descriptorShares().dials);
  return room.acquire().addCallback((mine) => {
    begin();
    return attempt(to, source, connected, () => mine.release());
  });
}

function attempt(
  to: Address,
  source: string | undefined,
  connected: (socket: Socket<Connection>) => Connection,
  over: () => void,
): Deferred<Connection> {
  const begun = beginConnecting(to, source);
  if (begun && "code" in begun) {
    over();
    return fail(new DialError(begun.code, sourceWords(begun.code, source)));
  }
  if (!begun && source !== undefined && !isUnix(to)) {
    over();
    return fail(new DialError("ENOTSUP", "this system offers no way to choose the source address"));
  }
  let socket: Socket<Connection> | undefined;
  let isCancelled = false;
  const dialled = new Deferred<Connection>(() => {
    isCancelled = true;
    if (socket) socket.terminate();
    else abandoned++;
  });
  const establish = (established: Socket<Connection>) => {
    if (!dialled.called) dialled.callback(connected(established));
  };
  const first =
    <A extends unknown[]>(then: (socket: Socket<Connection>, ...about: A) => void) =>
    (established: Socket<Connection>, ...about: A) => {
      establish(established);
      then(established, ...about);
    };
  const failed = (error: Error | undefined) => {
    if (!isCancelled) dialled.errback(toDialError(error, begun !== undefined));
  };
  const connecting = Bun.connect<Connection>({
    ...(begun ?? (isUnix(to) ? { unix: systemPath(to) } : { hostname: to.host, port: to.port })),
    allowHalfOpen: true,
    socket: {
      ...connectionHandlers,
      open(opened) {
        socket = opened;
        if (isCancelled) {
          abandoned--;
          socket.terminate();
        } else if (!begun) {
          establish(socket);
        }
      },
      // A socket made by libc is connected once it has its first event: "drain", unless its peer has already reset it.
      drain: first(connectionHandlers.drain),
      data: first(connectionHandlers.data),
      end: first(connectionHandlers.end),
      close(closed, error) {
        if (closed.data) connectionHandlers.close(closed, error);
        else failed(error);
        over();
      },
      connectError(_socket, error) {
        if (isCancelled) abandoned--;
        failed(error);
        over();
      },
    },
  } as TCPSocketConnectOptions<Connection>); // Bun's types lack `fd`.
  connecting.catch(() => {}); // Already reported through connectError.
  return dialled;
}

/** Explains what is wrong with the source address, if that may be the reason. */
function sourceWords(code: string, source: string | undefined): string | undefined {
  if (source === undefined || code !== "EADDRNOTAVAIL") return undefined;
  return `${source} is not an address of this machine, or has no free port (EADDRNOTAVAIL)`;
}

function toDialError(error: Error | undefined, isExact: boolean): DialError {
  const { code = "ECONNRESET" } = (error ?? {}) as { code?: string };
  if (isExact || code !== "ECONNREFUSED") return new DialError(code);
  return new DialError(code, "connection refused or host unreachable (ECONNREFUSED)");
}
