import { listen, setSocketOption } from "./libc.ts";

const BACKLOG = 4096;

export interface Tuning {
  readonly corked: boolean;
  /** Bytes. */
  readonly sendBuffer?: number | undefined;
}

/**
 * Gives a listener what Bun has no option for. Where libc cannot be called it works without, only slower.
 *
 * - A longer queue of clients that wait for `accept`. Bun fixes it at 512 and ignores the option, and a client that finds
 *   it full tries again only a second later.
 * - `corked`: connections hold the end of what was written until they are closed, so that the end of an answer and its FIN
 *   travel in one packet. Accepted connections inherit it. Not for services that pause: the kernel holds bytes for 200 ms.
 * - `sendBuffer`: how much the kernel holds for a client that does not read; without it that grows to some MB each.
 */
export function tune(server: object, { corked, sendBuffer }: Tuning): void {
  const { fd } = server as { fd?: number };
  if (fd === undefined) return;
  listen(fd, BACKLOG);
  if (corked) setSocketOption(fd, "TCP_CORK", 1);
  if (sendBuffer !== undefined) setSocketOption(fd, "SO_SNDBUF", Math.min(sendBuffer, LARGEST_SEND_BUFFER));
}

/** Half of what an int holds: Linux doubles the value. It lowers a large one to the limit that the system sets (net.core.wmem_max). */
const LARGEST_SEND_BUFFER = 2 ** 30 - 1;
