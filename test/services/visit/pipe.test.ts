import { describe, expect, test } from "bun:test";
import { Deferred } from "../../../src/deferred/mod.ts";
import type { Protocol, Transport } from "../../../src/net/transport.ts";
import { Memory } from "../../../src/services/memory.ts";
import { Pipe } from "../../../src/services/visit/pipe.ts";
import { ManualClock } from "../../../src/time/manual-clock.ts";
import { FakeTransport } from "../../support/fake-transport.ts";

/** A pipe between two connections without sockets, with memory for 30,000 bytes besides entries. */
function setUp(asked = "quit\n") {
  const { budget } = new Memory({ limit: 40_000, maxAnswer: 10 });
  const [client, upstream] = [new FakeTransport(), new FakeTransport()];
  const dialled = new Deferred<Transport>();
  let upstreamEnd: Protocol = {};
  const pipe = new Pipe(
    client,
    { bytes: Buffer.from(asked), isTerminated: true },
    {
      clock: new ManualClock(),
      budget,
      idleTimeout: 0,
      dial(protocol) {
        upstreamEnd = protocol;
        return dialled;
      },
      over() {},
    },
  );
  return { budget, client, upstream, pipe, connect: () => dialled.callback(upstream), says: upstreamEnd };
}

describe("Pipe", () => {
  test("counts what waits for a slow reader until that has read it or left", () => {
    const { budget, client, pipe, connect, says } = setUp();
    connect();
    expect(budget.used).toBe(0);
    client.unsent = 7000;
    says.dataReceived?.(Buffer.alloc(7000));
    expect(budget.used).toBe(7000);
    client.unsent = 0;
    pipe.protocol.writable?.();
    expect(budget.used).toBe(0);
    client.unsent = 7000;
    says.dataReceived?.(Buffer.alloc(7000));
    pipe.protocol.connectionLost?.();
    expect(budget.used).toBe(0);
  });

  test("pauses the sender if there is no memory, however little waits", () => {
    const { budget, client, upstream, pipe, connect, says } = setUp();
    connect();
    client.unsent = 7000;
    says.dataReceived?.(Buffer.alloc(7000));
    expect(upstream.isPaused).toBe(false);
    budget.add(25_000);
    says.dataReceived?.(Buffer.alloc(1));
    expect(upstream.isPaused).toBe(true);
    client.unsent = 0;
    pipe.protocol.writable?.();
    expect(upstream.isPaused).toBe(false);
  });

  test("counts what arrives before the upstream is connected, and gives it back if that fails", () => {
    const asked = "x".repeat(9000);
    for (const connects of [true, false]) {
      const { budget, pipe, connect } = setUp(asked);
      expect(budget.used).toBe(9000);
      if (connects) connect();
      else pipe.abort("proxy/pipe/idle");
      expect(budget.used).toBe(0);
    }
  });
});
