import { expect, test } from "bun:test";
import { getSocketOption } from "../../src/net/libc.ts";
import { tune } from "../../src/net/port.ts";

const KIB = 1024;
const GIB = 1024 ** 3;

/** What the kernel may buffer for a client of a port with this send buffer. */
function sendBufferOf(sendBuffer: number): number {
  const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  try {
    tune(server, { corked: false, sendBuffer });
    return getSocketOption((server as unknown as { fd: number }).fd, "SO_SNDBUF") as number;
  } finally {
    server.stop(true);
  }
}

test.skipIf(process.platform !== "linux").each([1, 2, 3, 4, 8, 1000])(
  "tune() with a send buffer of %d GiB gives as much as the system allows",
  (size) => {
    const most = sendBufferOf(GIB - 1);
    expect(most).toBeGreaterThan(sendBufferOf(64 * KIB));
    expect(sendBufferOf(size * GIB)).toBe(most);
  },
);
