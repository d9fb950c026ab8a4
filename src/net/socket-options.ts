import { dlopen } from "bun:ffi";
import type { TCPSocketListener } from "bun";

const BACKLOG = 4096;

// Linux: <netinet/tcp.h>
const IPPROTO_TCP = 6;
const TCP_CORK = 3;
// <asm-generic/socket.h>
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;

export interface Tuning {
  readonly corked: boolean;
  /** Bytes. */
  readonly sendBuffer?: number | undefined;
}

/**
 * Gives a listener what Bun has no option for, through libc. Where there is no glibc it works without, only slower.
 *
 * - A longer queue of clients that wait for `accept`. Bun fixes it at 512 and ignores the option (bun.md, section 1), and
 *   a client that finds it full tries again only a second later.
 * - `corked`: connections hold the end of what was written until they are closed, so that the end of an answer and its FIN
 *   travel in one packet. Accepted connections inherit it. Not for services that pause: the kernel holds bytes for 200 ms.
 * - `sendBuffer`: how much the kernel holds for a client that does not read; without it that grows to some MB each.
 */
export function tune(server: TCPSocketListener, { corked, sendBuffer }: Tuning): void {
  const { fd } = server as { fd?: number };
  if (process.platform !== "linux" || fd === undefined) return;
  try {
    const libc = dlopen("libc.so.6", {
      listen: { args: ["int", "int"], returns: "int" },
      setsockopt: { args: ["int", "int", "int", "ptr", "u32"], returns: "int" },
    });
    libc.symbols.listen(fd, BACKLOG);
    const set = (level: number, name: number, value: number) =>
      libc.symbols.setsockopt(fd, level, name, new Int32Array([value]), 4);
    if (corked) set(IPPROTO_TCP, TCP_CORK, 1);
    if (sendBuffer !== undefined) set(SOL_SOCKET, SO_SNDBUF, sendBuffer);
    libc.close();
  } catch {
    // Another libc: the port works all the same.
  }
}
