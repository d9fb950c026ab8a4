import { describe, expect, test } from "bun:test";
import type { FetchFailure } from "../../src/services/upstream.ts";
import { FakeTransport } from "../support/fake-transport.ts";
import { ProxyStage } from "../support/proxy-stage.ts";
import { ScriptedPeer, type PeerConnection } from "../support/scripted-peer.ts";
import type { Visit } from "../support/visitor.ts";

const POEM = "The fascination of what's difficult\nHas dried the sap out of my veins\n";
const recite = (connection: PeerConnection) => connection.send(POEM).fin();

const whole: Visit = { bytes: Buffer.from(POEM), end: "fin" };
const nothing: Visit = { bytes: Buffer.alloc(0), end: "reset" };

/** An answer that tells its fetch from others, too long for one segment. */
const version = (n: number) => `${n}`.repeat(50_000);

describe("Proxy", () => {
  test("answers a hundred clients at once from one fetch, and the next from its cache", async () => {
    await using stage = await ProxyStage.open();
    const visitors = await stage.visitors(100);
    expect(stage.proxy.waiters).toBe(100);
    recite(await stage.upstream.connection());
    for (const visitor of visitors) expect(await visitor.visit).toEqual(whole);
    expect(await stage.visit()).toEqual(whole);
    expect(stage.upstream.connections).toHaveLength(1);
    expect(stage.log.count("coalesced")).toBe(99);
    expect(stage.log.count("hit")).toBe(1);
  });

  test("fetches again when the ttl is over", async () => {
    await using stage = await ProxyStage.open(recite, { ttl: 1000 });
    await stage.visit();
    stage.clock.advance(999);
    await stage.visit();
    expect(stage.upstream.connections).toHaveLength(1);
    stage.clock.advance(1);
    expect(await stage.visit()).toEqual(whole);
    expect(stage.upstream.connections).toHaveLength(2);
  });

  test("gives each client one version whole, though the answer changes between fetches", async () => {
    await using stage = await ProxyStage.open(undefined, { ttl: 1000 });
    for (let n = 1; n <= 3; n++) {
      const early = await stage.visitors(20);
      const connection = await stage.upstream.connection(n - 1);
      connection.send(version(n).slice(0, 25_000));
      const late = await stage.visitors(20);
      connection.send(version(n).slice(25_000)).fin();
      const ends = await Promise.all([...early, ...late].map((visitor) => visitor.visit));
      for (const { bytes, end } of ends) {
        expect(end).toBe("fin");
        expect(bytes.toString()).toBe(version(n));
      }
      stage.clock.advance(1000);
    }
  });

  test("keeps a flight going for the others when its first client leaves", async () => {
    await using stage = await ProxyStage.open();
    const [first, second] = await stage.visitors(2);
    await first?.vanish();
    await stage.log.until("left");
    expect(stage.proxy.waiters).toBe(1);
    recite(await stage.upstream.connection());
    expect(await second?.visit).toEqual(whole);
  });

  test("finishes and stores a flight that everyone has left", async () => {
    await using stage = await ProxyStage.open();
    const visitors = await stage.visitors(5);
    for (const visitor of visitors) await visitor.vanish();
    await stage.log.until("left", 5);
    recite(await stage.upstream.connection());
    await stage.log.until("fetched");
    expect(await stage.visit()).toEqual(whole);
    expect(stage.upstream.connections).toHaveLength(1);
  });

  test("serves clients that end their side at once or talk without being asked", async () => {
    await using stage = await ProxyStage.open();
    const early = await stage.visitors(10, (socket) => socket.shutdown());
    const chatty = await stage.visitors(10, (socket) => void socket.write("GET / HTTP/1.0\r\n\r\n"));
    recite(await stage.upstream.connection());
    for (const visitor of [...early, ...chatty]) expect(await visitor.visit).toEqual(whole);
    expect(stage.upstream.connections[0]?.received).toBe(""); // Nothing of it is forwarded.
  });

  test("takes an upstream's reset after its end for a success", async () => {
    await using stage = await ProxyStage.open();
    const [visitor] = await stage.visitors(1);
    const connection = await stage.upstream.connection();
    recite(connection);
    await stage.log.until("fetched");
    connection.reset();
    expect(await visitor?.visit).toEqual(whole);
    expect(await stage.visit()).toEqual(whole);
    expect(stage.upstream.connections).toHaveLength(1);
  });

  test("serves an upstream that ends its own input before it speaks", async () => {
    await using stage = await ProxyStage.open(recite);
    expect(await stage.visit()).toEqual(whole);
  });

  test("accepts an answer of exactly --max-answer bytes", async () => {
    await using stage = await ProxyStage.open(recite, { maxAnswer: POEM.length });
    expect(await stage.visit()).toEqual(whole);
  });

  test("has written a hit before it returns: no promise, no timer, no turn of the loop", async () => {
    await using stage = await ProxyStage.open(recite);
    await stage.visit();
    const transport = new FakeTransport();
    stage.proxy["serve"](transport);
    expect(transport.written).toBe(POEM);
    expect(transport.end).toBe("close");
  });

  test("lets nobody wait for a client that does not read", async () => {
    await using stage = await ProxyStage.open(undefined, { maxAnswer: 20_000_000 });
    const [stuck] = await stage.visitors(1, (socket) => socket.pause());
    const others = await stage.visitors(5);
    const connection = await stage.upstream.connection();
    const poem = Buffer.alloc(12_000_000, POEM);
    await connection.sendAll(poem);
    for (const visitor of others) expect((await visitor.visit).bytes.equals(poem)).toBe(true);
    stuck?.resume();
    expect((await stuck?.visit)?.bytes.equals(poem)).toBe(true);
  });

  test("puts many small pieces together in their order", async () => {
    await using stage = await ProxyStage.open();
    const [visitor] = await stage.visitors(1);
    const connection = await stage.upstream.connection();
    for (const letter of POEM) connection.send(letter);
    connection.fin();
    expect(await visitor?.visit).toEqual(whole);
  });
});

/** Ways not to give a whole answer: what the upstream does, and how the fetch is judged. */
const FAULTS: readonly {
  readonly fault: string;
  readonly reason: FetchFailure;
  readonly received: number;
  readonly happen: (connection: PeerConnection, stage: ProxyStage) => Promise<void> | void;
}[] = [
  { fault: "a reset before the first byte", reason: "reset", received: 0, happen: (peer) => peer.reset() },
  {
    fault: "a reset after one byte",
    reason: "reset",
    received: 1,
    happen: (peer, stage) => sendThen(peer, stage, POEM.slice(0, 1), () => peer.reset()),
  },
  {
    fault: "a reset before the last byte",
    reason: "reset",
    received: POEM.length - 1,
    happen: (peer, stage) => sendThen(peer, stage, POEM.slice(0, -1), () => peer.reset()),
  },
  { fault: "an empty answer", reason: "empty", received: 0, happen: (peer) => peer.fin() },
  {
    fault: "silence from the start",
    reason: "first_byte_timeout",
    received: 0,
    happen: (_peer, stage) => stage.clock.advance(30_000),
  },
  {
    fault: "silence in the middle",
    reason: "idle_timeout",
    received: 10,
    happen: (peer, stage) => sendThen(peer, stage, POEM.slice(0, 10), () => stage.clock.advance(30_000)),
  },
  {
    fault: "a trickle past the total deadline",
    reason: "total_timeout",
    received: 21,
    happen: async (peer, stage) => {
      for (let n = 0; n < 21; n++) await sendThen(peer, stage, "x", () => stage.clock.advance(29_000));
    },
  },
  {
    fault: "an answer longer than --max-answer",
    reason: "too_large",
    received: 1001,
    happen: (peer) => void peer.send("x".repeat(1001)),
  },
];

/** Sends, and goes on when the proxy has read it (and so has set its idle deadline anew): a reset may overtake bytes. */
async function sendThen(
  peer: PeerConnection,
  stage: ProxyStage,
  text: string,
  next: () => void,
): Promise<void> {
  const heard = stage.clock.nextCall();
  peer.send(text);
  await heard;
  next();
}

describe("Proxy, when the upstream fails:", () => {
  test("a refused connection resets every client, and is tried anew", async () => {
    await using peer = new ScriptedPeer();
    const { port } = peer;
    await peer[Symbol.asyncDispose]();
    await using stage = await ProxyStage.open(undefined, { upstream: { host: "127.0.0.1", port } });
    for (const attempt of [1, 2]) {
      const visitors = await stage.visitors(20);
      for (const visitor of visitors) expect(await visitor.visit).toEqual(nothing);
      expect(stage.log.count("fetch-failed")).toBe(attempt);
    }
    expect(stage.log.events.find((event) => event.what === "fetch-failed")?.error.reason).toBe("refused");
  });

  test.each(FAULTS)(
    "$fault resets every client without a byte, stores nothing, and is tried anew",
    async (row) => {
      await using stage = await ProxyStage.open(undefined, { maxAnswer: 1000 });
      const visitors = await stage.visitors(20);
      await stage.log.until("connected");
      await row.happen(await stage.upstream.connection(), stage);
      for (const visitor of visitors) expect(await visitor.visit).toEqual(nothing);
      const failure = stage.log.events.find((event) => event.what === "fetch-failed");
      expect(failure?.error).toMatchObject({ reason: row.reason, received: row.received });
      expect(stage.upstream.connections).toHaveLength(1);

      const [next] = await stage.visitors(1);
      recite(await stage.upstream.connection(1));
      expect(await next?.visit).toEqual(whole);
    },
  );
});
