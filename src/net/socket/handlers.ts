import type { SocketHandler } from "bun";
import type { SocketEvents } from "./wire.ts";

/** Passes Bun's events on. One object serves all sockets, whose state is in `socket.data`. All synchronous. */
export const connectionHandlers = {
  data: (socket, bytes) => socket.data.received(bytes),
  end: (socket) => socket.data.ended(),
  drain: (socket) => socket.data.writable(),
  close: (socket, error) => socket.data.closed(error),
  // Bun leaves the socket open if one of the above throws.
  error: (socket, error) => socket.data.fail(error),
} satisfies SocketHandler<SocketEvents>;
