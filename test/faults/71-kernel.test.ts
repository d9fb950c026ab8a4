import { expect, test } from "bun:test";
import type { Socket } from "bun";
import { ProxyStage } from "../support/proxy-stage.ts";
import type { Visitor } from "../support/visitor.ts";

/** Our kernel buffers all of it, the client's kernel does not. */
const LONG = Buffer.alloc(2 * 2 ** 20, "Where, like a pillow on a bed,\n");
const CLIENTS = 20;
const SEND_TIMEOUT = 60_000;
const LINGER = 2_000;

/** Clients that never read, with all of their answers in the kernel. */
async function neverRead(stage: ProxyStage, greet: (socket: Socket) => void): Promise<Visitor[]> {
  const filling = stage.visit();
  await (await stage.upstream.connection()).sendAll(LONG);
  await filling;
  await stage.log.until("visited");
  const clients = await stage.visitors(CLIENTS, (socket) => {
    socket.pause();
    greet(socket);
  });
  expect(stage.visits.every(({ unsent }) => unsent === 0)).toBe(true);
  return clients;
}

test.each([
  ["stay", () => {}],
  ["end their side at once", (socket: Socket) => socket.shutdown()],
  ["end their side later", (socket: Socket) => void setImmediate(() => socket.shutdown())],
])(
  "Proxy resets clients that %s and never read what the kernel has taken; until then they count",
  async (_, greet) => {
    await using stage = await ProxyStage.open(undefined, { maxClients: CLIENTS });
    const clients = await neverRead(stage, greet);
    stage.clock.advance(SEND_TIMEOUT / 2);
    expect(stage.gauges.clients).toBe(CLIENTS);
    expect((await stage.visit()).end).toBe("reset"); // No room for one more.
    stage.clock.advance(SEND_TIMEOUT); // Some of the clients' kernels may have taken a little more meanwhile.
    stage.clock.advance(SEND_TIMEOUT / 2 + 2 * LINGER);
    expect(stage.gauges.clients).toBe(0);
    expect(stage.log.count("client/data/timeout")).toBe(CLIENTS);
    for (const client of clients) {
      client.resume();
      const { bytes, end } = await client.visit;
      expect(end).toBe("reset");
      expect(bytes.length).toBeLessThan(LONG.length);
    }
    expect((await stage.visit()).bytes.equals(LONG)).toBe(true);
  },
);
