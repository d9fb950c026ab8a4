import { join } from "node:path";
import type { Socket } from "bun";
import { describe, expect, test } from "bun:test";
import { systemClock } from "../../src/time/clock.ts";
import { ListenError } from "../../src/net/errors.ts";
import { listen, type Listener } from "../../src/net/listen.ts";
import type { Transport } from "../../src/net/transport.ts";
import { letTimeOut } from "../support/let-time-out.ts";
import { ListenerStage, sendAll } from "../support/listener-stage.ts";
import { nextTurn } from "../support/next-turn.ts";
import { unfired, valueOf } from "../../src/deferred/testing.ts";
import { portOf } from "../support/port-of.ts";
import { TempDir } from "../support/temp-dir.ts";
import { visit, Visitor } from "../support/visitor.ts";

const LARGE = new Uint8Array(12_000_000).map((_, i) => i % 251);

describe("Transport of a client", () => {
  test("write() then close() delivers every byte and a clean end", async () => {
    await using stage = new ListenerStage(sendAll(LARGE));
    const { bytes, end } = await visit(stage.port);
    expect(end).toBe("fin");
    expect(bytes.equals(LARGE)).toBe(true);
  });

  test("close() delivers every byte to a client that half-closes at once", async () => {
    await using stage = new ListenerStage(sendAll(LARGE));
    const { bytes, end } = await visit(stage.port, (socket) => socket.shutdown());
    expect(end).toBe("fin");
    expect(bytes.equals(LARGE)).toBe(true);
  });

  test("close() delivers every byte to a client that sends unsolicited bytes", async () => {
    await using stage = new ListenerStage(sendAll(LARGE));
    const { bytes, end } = await visit(stage.port, (socket) => {
      socket.write("GET / HTTP/1.0\r\n\r\n".repeat(1000));
      setImmediate(() => socket.write("and more"));
    });
    expect(end).toBe("fin");
    expect(bytes.equals(LARGE)).toBe(true);
  });

  test("close() delivers every byte to a client that begins to read late", async () => {
    await using stage = new ListenerStage(sendAll(LARGE));
    const slow = new Visitor(stage.port, (socket) => socket.pause());
    await stage.until("connected");
    expect(stage.transports[0]?.unsent).toBeGreaterThan(0);
    await slow.connected;
    slow.resume();
    const { bytes, end } = await slow.visit;
    expect(end).toBe("fin");
    expect(bytes.equals(LARGE)).toBe(true);
    expect(stage.told).toContain("writable");
  });

  test("abort() reaches the client as a reset, before the first byte and in mid-answer", async () => {
    await using stage = new ListenerStage((transport) => transport.abort("internal"));
    expect((await visit(stage.port)).end).toBe("reset");
    await using half = new ListenerStage((transport) => {
      transport.write(LARGE);
      transport.abort("internal");
    });
    const { bytes, end } = await visit(half.port);
    expect(end).toBe("reset");
    expect(bytes.length).toBeLessThan(LARGE.length);
  });

  test("abort() after close() still resets if the kernel does not have everything", async () => {
    await using stage = new ListenerStage(sendAll(LARGE));
    const slow = new Visitor(stage.port, (socket) => socket.pause());
    await stage.until("connected");
    stage.transports[0]?.abort("internal");
    await slow.connected;
    slow.resume();
    expect((await slow.visit).end).toBe("reset");
    expect(stage.told).toContain("lost aborted");
  });

  test("reports input, its end, and the end of the connection to its protocol, in this order", async () => {
    await using stage = new ListenerStage(() => {});
    const client = new Visitor(stage.port, (socket) => {
      socket.write("hello");
      socket.shutdown();
    });
    await stage.until("input ended");
    stage.transports[0]?.close();
    await client.visit;
    await stage.until("lost in order");
    expect(stage.told).toEqual(["connected", "data 5", "input ended", "lost in order"]);
  });

  test("reports a client that vanished to its protocol", async () => {
    await using stage = new ListenerStage(() => {});
    const client = new Visitor(stage.port);
    await stage.until("connected");
    await client.vanish();
    await stage.until("lost connection reset (ECONNRESET)");
  });

  test("hangs up on a client that keeps its side open longer than the linger time", async () => {
    await using stage = new ListenerStage(sendAll(Buffer.from("poem")));
    const finished = Promise.withResolvers<void>();
    const socket = await Bun.connect({
      hostname: "127.0.0.1",
      port: stage.port,
      allowHalfOpen: true,
      socket: { data() {}, end: () => finished.resolve() },
    });
    await finished.promise; // It has its poem and the FIN, and stays.
    expect(stage.listener.connections).toBe(1);
    stage.clock.advance(2000);
    expect(stage.listener.connections).toBe(0);
    expect(stage.told.at(-1)).toBe("lost in order");
    socket.terminate();
  });

  test("is reset when its client reads nothing for the send timeout", async () => {
    await using stage = new ListenerStage(sendAll(LARGE));
    const stuck = new Visitor(stage.port, (socket) => socket.pause());
    await stage.until("connected");
    stage.clock.advance(59_999);
    expect(stage.told).not.toContain("lost aborted");
    await letTimeOut(stage.clock, () => stage.told.includes("lost aborted"));
    expect(stage.transports[0]?.ending).toBe("client/data/timeout");
    await stuck.connected;
    stuck.resume();
    expect((await stuck.visit).end).toBe("reset");
  });

  test("is reset when its client reads, but not everything within the total time for sending", async () => {
    await using stage = new ListenerStage(sendAll(LARGE), { sendTimeout: 60_000, sendTotal: 90_000 });
    const slow = new Visitor(stage.port, (socket) => socket.pause());
    await slow.connected;
    await stage.until("connected");
    const before = stage.transports[0]?.unsent ?? 0;
    stage.clock.advance(59_000);
    slow.resume();
    while ((stage.transports[0]?.unsent ?? 0) === before) await nextTurn();
    slow.pause();
    stage.clock.advance(30_999);
    expect(stage.told).not.toContain("lost aborted");
    stage.clock.advance(1);
    expect(stage.told).toContain("lost aborted");
  });

  test("hangs up on a client that keeps sending after its answer", async () => {
    await using stage = new ListenerStage(sendAll(Buffer.from("poem")));
    const finished = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<void>();
    const chatter = Buffer.alloc(65_536);
    const talk = (socket: Socket) => {
      while (socket.write(chatter) === chatter.length);
    };
    const handlers = { data() {}, end: () => finished.resolve(), drain: talk, close: () => closed.resolve() };
    const socket = await Bun.connect({
      hostname: "127.0.0.1",
      port: stage.port,
      allowHalfOpen: true,
      socket: handlers,
    });
    await finished.promise;
    talk(socket);
    await closed.promise;
    await stage.until("lost in order");
  });

  test("knows its peer", async () => {
    await using stage = new ListenerStage(sendAll(Buffer.from("poem")));
    await visit(stage.port);
    expect(stage.transports).toHaveLength(1);
  });
});

describe("Listener", () => {
  test("resets the client of a protocol that throws, and reports the bug", async () => {
    const bug = new Error("bug");
    await using stage = new ListenerStage(() => {
      throw bug;
    });
    expect((await visit(stage.port)).end).toBe("reset");
    expect(stage.bugs).toEqual([bug]);
  });

  test("drain() refuses new clients and fires when the last one has been served", async () => {
    await using stage = new ListenerStage(() => {});
    const client = new Visitor(stage.port);
    await stage.until("connected");
    const drained = stage.listener.drain();
    const again = stage.listener.drain();
    expect((await visit(stage.port)).end).toBe("refused");
    unfired(drained);
    sendAll(Buffer.from("poem"))(stage.transports[0] as Transport);
    expect((await client.visit).end).toBe("fin");
    await drained;
    await again;
  });

  test("drain() notifies clients, unless it lets them ask; it can still do so later", async () => {
    await using stage = new ListenerStage(() => {});
    void new Visitor(stage.port);
    await stage.until("connected");
    void stage.listener.drain({ lettingAsk: true });
    expect(stage.told).toEqual(["connected"]);
    void stage.listener.drain();
    expect(stage.told).toEqual(["connected", "draining"]);
  });

  test("drain() without clients has fired when it returns", async () => {
    await using stage = new ListenerStage(() => {});
    expect(valueOf(stage.listener.drain())).toBeUndefined();
  });

  test("abort() resets every client that is left", async () => {
    await using stage = new ListenerStage((transport) => transport.write(Buffer.from("half a po")));
    const clients = [new Visitor(stage.port), new Visitor(stage.port)];
    await stage.until("connected", 2);
    stage.listener.abort();
    for (const client of clients) expect((await client.visit).end).toBe("reset");
  });
});

describe("listen()", () => {
  test("listens on 127.0.0.1 for localhost, which is also ::1 on most systems", () => {
    const listener = listenOn("localhost", 0)();
    expect(listener.address).toEqual({ host: "127.0.0.1", port: portOf(listener.address) });
    listener.abort();
  });

  test("listens on a Unix socket", async () => {
    await using dir = new TempDir();
    const path = join(dir.path, "poem.sock");
    const options = { address: { path }, clock: systemClock, protocolFailed: () => {} };
    const listener = listen(options, (transport) => {
      transport.write(Buffer.from("poem"));
      transport.close();
      return { dataReceived() {}, inputEnded() {}, connectionLost() {} };
    });
    expect(listener.address).toEqual({ path });
    const said = Promise.withResolvers<string>();
    await Bun.connect({
      unix: path,
      socket: { data: (_socket, bytes) => said.resolve(bytes.toString()) },
    });
    expect(await said.promise).toBe("poem");
    listener.abort();
  });

  test("says that a port is taken", async () => {
    await using stage = new ListenerStage(() => {});
    expect(listenOn("127.0.0.1", stage.port)).toThrow(ListenError);
    expect(listenOn("127.0.0.1", stage.port)).toThrow(
      `Cannot listen on 127.0.0.1:${stage.port}: the port is taken (EADDRINUSE)`,
    );
  });

  test.each([
    ["192.0.2.1", "Cannot listen on 192.0.2.1:0: no such address on this machine (EADDRNOTAVAIL)"],
    ["nowhere.invalid", "Cannot listen on nowhere.invalid:0: no such host"],
  ])("says why it cannot listen on %s", (host, message) => {
    expect(listenOn(host, 0)).toThrow(message);
  });
});

function listenOn(host: string, port: number): () => Listener {
  const options = { address: { host, port }, clock: systemClock, protocolFailed: () => {} };
  return () =>
    listen(options, () => {
      throw new Error("nobody comes");
    });
}
