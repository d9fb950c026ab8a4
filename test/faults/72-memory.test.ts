import { describe, expect, test } from "bun:test";
import { toNetstring } from "../../src/protocols/netstring.ts";
import { PROXY_DEFAULTS } from "../../src/services/proxy/options.ts";
import { TransformProxy } from "../../src/services/transform/transform-proxy.ts";
import { nextTurn } from "../support/next-turn.ts";
import { ProxyStage, type StagedOptions, type StageOptions } from "../support/proxy-stage.ts";
import type { PeerConnection } from "../support/scripted-peer.ts";
import { Visitor } from "../support/visitor.ts";

const MIB = 2 ** 20;
const POEM = Buffer.alloc(2 * MIB, "Where, like a pillow on a bed,\n");
const LINES = { ...PROXY_DEFAULTS.requests, framing: "line" } as const;
const LIMITS: StageOptions = { requests: LINES, maxMemory: 8 * MIB, maxAnswer: 2 * MIB };

/** Answers every line with a poem. */
function answering(upstream: PeerConnection): void {
  upstream.onData = () => void upstream.sendAll(POEM);
}

/** Checks after every event that the memory in use is within `limit`. */
function watch(stage: ProxyStage, limit = 10 * MIB): void {
  const { proxy } = stage;
  const look = async (): Promise<void> => {
    for (;;) {
      await stage.log.next();
      const held = proxy.bytes + proxy.bytesHeld;
      if (held > limit) throw new Error(`${held} bytes are held`);
    }
  };
  void look();
}

function silent(stage: ProxyStage, line: string): Visitor {
  return new Visitor(stage.port, (socket) => {
    socket.pause();
    socket.write(line);
  });
}

describe("Proxy bounds", () => {
  test("answers of many keys that are never read: the client that stalled longest is reset, and others are served", async () => {
    await using stage = await ProxyStage.open(answering, { ...LIMITS, sendBuffer: 65_536 });
    watch(stage);
    const stuck: Visitor[] = [];
    for (let i = 0; i < 12; i++) {
      stuck.push(silent(stage, `key ${i}\n`));
      await stage.log.until("fetched", i + 1);
    }
    expect(stage.log.count("client/data/memory")).toBeGreaterThanOrEqual(8);
    expect(stage.visits.slice(0, 8).every(({ ending }) => ending === "client/data/memory")).toBe(true);
    const { bytes, end } = await (await stage.asker("one more\n")).visit;
    expect([bytes.equals(POEM), end]).toEqual([true, "fin"]);
    for (const client of stuck) client.resume();
    for (const { end: each } of await Promise.all(stuck.map(({ visit }) => visit)))
      expect(["fin", "reset"]).toContain(each);
    expect(stage.proxy.bytesHeld).toBe(0);
  });

  test("the same with --stream, including answers that were streamed until they were complete", async () => {
    await using stage = await ProxyStage.open(answering, { ...LIMITS, stream: true, sendBuffer: 65_536 });
    watch(stage);
    const stuck: Visitor[] = [];
    for (let i = 0; i < 12; i++) {
      stuck.push(silent(stage, `key ${i}\n`));
      await stage.log.until("fetched", i + 1);
    }
    expect(stage.log.count("client/data/memory")).toBeGreaterThanOrEqual(8);
    for (const client of stuck) await client.vanish();
    while (stage.gauges.clients > 0) await nextTurn();
    expect(stage.proxy.bytesHeld).toBe(0);
  });

  test("fetches: without room they wait, and every client gets a whole answer", async () => {
    await using stage = await ProxyStage.open(answering, LIMITS);
    watch(stage);
    const askers = await Promise.all(Array.from({ length: 20 }, (_, i) => stage.asker(`key ${i}\n`)));
    const visits = await Promise.all(askers.map(({ visit }) => visit));
    const failed = stage.visits.filter(({ ending }) => ending !== "ok");
    expect(failed.map(({ ending }) => ending)).toEqual([]);
    expect(visits.every(({ bytes, end }) => end === "fin" && bytes.equals(POEM))).toBe(true);
    expect(stage.proxy.bytesHeld).toBe(0);
  });

  test("requests: a client without room is reset, the others are served", async () => {
    await using stage = await ProxyStage.open(answering, {
      requests: { ...LINES, maxRequest: 3 * MIB },
      maxMemory: 8 * MIB,
      maxAnswer: 2 * MIB,
    });
    watch(stage, 11 * MIB);
    const half = Buffer.alloc(MIB, "x");
    const askers = Array.from({ length: 12 }, () => new Visitor(stage.port));
    for (const [index, asker] of askers.entries()) {
      for (let sent = 0; sent < half.length; await nextTurn()) {
        const taken = await asker.send(half.subarray(sent));
        if (stage.visits[index]?.ending) break;
        sent += taken;
      }
    }
    await stage.log.until("proxy/request/memory", 5);
    const here = askers.filter((_, index) => stage.visits[index]?.ending === undefined);
    expect(here.length).toBeGreaterThanOrEqual(3);
    for (const asker of here.slice(1)) await asker.vanish();
    while (stage.gauges.clients > 1) await nextTurn();
    await here[0]?.send("\n");
    expect((await here[0]?.visit)?.bytes.equals(POEM)).toBe(true);
    expect(stage.proxy.bytesHeld).toBe(0);
  });

  test("requests of clients that have left, while the upstream works on them", async () => {
    const upstreams: PeerConnection[] = [];
    await using stage = await ProxyStage.open(
      (upstream) => void upstreams.push(upstream),
      { maxMemory: 8 * MIB, maxAnswer: 2 * MIB, maxFetches: 2 },
      transformProxy,
    );
    watch(stage, 11 * MIB);
    const gone: Visitor[] = [];
    for (let i = 0; i < 10; i++) {
      const asker = new Visitor(stage.port);
      const request = toNetstring(Buffer.alloc(2 * MIB, `name.${i} `));
      for (let sent = 0; sent < request.length && !stage.visits[i]?.ending; await nextTurn())
        sent += await asker.send(request.subarray(sent));
      const hasAsked = () => stage.visits[i]?.bytesIn === request.length;
      while (!hasAsked() && !stage.visits[i]?.ending) await nextTurn();
      gone.push(asker);
    }
    expect(stage.log.count("proxy/request/memory")).toBeGreaterThanOrEqual(6);
    expect(stage.proxy.bytesHeld).toBeGreaterThan(2 * MIB);
    for (const asker of gone) await asker.vanish();
    while (stage.gauges.clients > 0) await nextTurn();
    expect(stage.proxy.bytesHeld).toBeGreaterThan(2 * MIB); // The fetches continue.
    while (stage.gauges.flights > 0) {
      for (const upstream of upstreams.splice(0)) upstream.reset();
      await nextTurn();
    }
    expect(stage.proxy.bytesHeld).toBe(0);
  });
});

function transformProxy(options: StagedOptions): TransformProxy {
  return new TransformProxy({ ...options, requests: { maxPoem: 3 * MIB, requestTimeout: 0 } });
}
