import type { SocketHandler } from "bun";
import type { SocketEvents } from "./wire.ts";

/** Passes on Bun's events, synchronously. One object serves all sockets, whose state is in `socket.data`. */
export const connectionHandlers = {
  data: (socket, bytes) => socket.data.received(bytes),
  end: (socket) => socket.data.ended(),
  drain: (socket) => socket.data.writable(),
  close: (socket, error) => socket.data.closed(error),
  // If one of the above throws, Bun leaves the socket open.
  error: (socket, error) => socket.data.fail(error),
} satisfies SocketHandler<SocketEvents>;
