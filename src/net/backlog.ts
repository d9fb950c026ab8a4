import { dlopen } from "bun:ffi";
import type { TCPSocketListener } from "bun";

const BACKLOG = 4096;

/**
 * Lets thousands of clients queue for `accept` at once. Bun fixes the backlog at 512 and ignores the option
 * (bun.md, section 1), and a client that finds it full tries again only a second later. Where there is no glibc, 512 stay.
 */
export function raiseBacklog(server: TCPSocketListener): void {
  const { fd } = server as { fd?: number };
  if (process.platform !== "linux" || fd === undefined) return;
  try {
    const libc = dlopen("libc.so.6", { listen: { args: ["int", "int"], returns: "int" } });
    libc.symbols.listen(fd, BACKLOG);
    libc.close();
  } catch {
    // Another libc: the port works all the same.
  }
}
