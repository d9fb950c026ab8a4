import { describe, expect, test } from "bun:test";
import { Deferred } from "../../../src/deferred/mod.ts";
import type { Protocol, Transport } from "../../../src/net/transport.ts";
import { Memory } from "../../../src/services/memory.ts";
import { Pipe } from "../../../src/services/visit/pipe.ts";
import { ManualClock } from "../../../src/time/manual-clock.ts";
import { FakeTransport } from "../../support/fake-transport.ts";

/** A pipe between two connections without sockets, with memory for 30,000 bytes besides entries. */
function setUp(asked = "quit\n", idleTimeout = 0) {
  const { budget } = new Memory({ limit: 40_000, maxAnswer: 10 });
  const [client, upstream] = [new FakeTransport(), new FakeTransport()];
  const dialled = new Deferred<Transport>();
  const clock = new ManualClock();
  let upstreamEnd: Protocol = {};
  const pipe = new Pipe(
    client,
    { bytes: Buffer.from(asked), isTerminated: true },
    {
      clock,
      budget,
      idleTimeout,
      dial(protocol) {
        upstreamEnd = protocol;
        return dialled;
      },
      over() {},
    },
  );
  const connect = () => dialled.callback(upstream);
  return { budget, client, clock, upstream, pipe, connect, says: upstreamEnd };
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

  test.each(["client", "upstream"] as const)(
    "is not idle while the %s reads what the kernel holds",
    (side) => {
      const { client, clock, upstream, connect } = setUp("quit\n", 1000);
      connect();
      const reader = { client, upstream }[side];
      for (const held of [3000, 2999, 2998, 1]) {
        reader.inKernel = held;
        clock.advance(500);
        expect([client.end, upstream.end]).toEqual([undefined, undefined]);
      }
      clock.advance(999); // It reads nothing more.
      expect([client.end, upstream.end]).toEqual([undefined, undefined]);
      clock.advance(1);
      expect([client.ending, upstream.ending]).toEqual(["proxy/pipe/idle", "proxy/pipe/idle"]);
    },
  );

  test("leaves a client alone that has yet to read the rest and to hang up, if the upstream has", () => {
    const { client, clock, upstream, pipe, connect, says } = setUp("quit\n", 1000);
    connect();
    says.dataReceived?.(Buffer.from("bye\n"));
    says.inputEnded?.();
    client.inKernel = 4;
    clock.advance(1000);
    expect([client.end, client.ending, upstream.end]).toEqual(["close", "ok", "abort"]);
    pipe.abort("proxy/data/shutdown");
    expect(client.ending).toBe("ok");
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
