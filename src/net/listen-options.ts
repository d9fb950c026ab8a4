import { dlopen } from "bun:ffi";
import type { TCPSocketListener } from "bun";

const BACKLOG = 4096;

// Linux: <netinet/tcp.h>
const IPPROTO_TCP = 6;
const TCP_CORK = 3;

/**
 * Gives a listener what Bun has no option for, through libc. Where there is no glibc it works without, only slower.
 *
 * - A longer queue of clients that wait for `accept`. Bun fixes it at 512 and ignores the option (bun.md, section 1), and
 *   a client that finds it full tries again only a second later.
 * - `corked`: connections hold the end of what was written until they are closed, so that the end of an answer and its FIN
 *   travel in one packet. Accepted connections inherit it. Not for services that pause: the kernel holds bytes for 200 ms.
 */
export function tune(server: TCPSocketListener, { corked }: { readonly corked: boolean }): void {
  const { fd } = server as { fd?: number };
  if (process.platform !== "linux" || fd === undefined) return;
  try {
    const libc = dlopen("libc.so.6", {
      listen: { args: ["int", "int"], returns: "int" },
      setsockopt: { args: ["int", "int", "int", "ptr", "u32"], returns: "int" },
    });
    libc.symbols.listen(fd, BACKLOG);
    if (corked) libc.symbols.setsockopt(fd, IPPROTO_TCP, TCP_CORK, new Int32Array([1]), 4);
    libc.close();
  } catch {
    // Another libc: the port works all the same.
  }
}
