import { describe, expect, test } from "bun:test";
import { Deferred, Failure } from "../../../src/deferred/mod.ts";
import { connect, type Connect } from "../../../src/net/connect.ts";
import { ConnectError } from "../../../src/net/errors.ts";
import type { Transport } from "../../../src/net/transport.ts";
import { PROXY_DEFAULTS } from "../../../src/services/proxy/options.ts";
import { closedPort } from "../../support/closed-port.ts";
import { answered, nothing, POEM, recite, whole } from "../../support/poem.ts";
import { ProxyStage, type StageOptions } from "../../support/proxy-stage.ts";
import { ScriptedPeer, type PeerConnection } from "../../support/scripted-peer.ts";

const REFUSAL = "You have asked too often.\r\n";
const FROM_B = "from B";

const byLine = { ...PROXY_DEFAULTS.requests, framing: "line" } as const;
const reciteB = (connection: PeerConnection) => connection.send(FROM_B).fin();

/** A proxy in front of two upstreams: A is the stage's own. */
async function stageOf(
  a: (connection: PeerConnection) => void,
  b: ScriptedPeer,
  options: StageOptions = {},
): Promise<ProxyStage> {
  return ProxyStage.open(a, {
    others: [b.address],
    retries: 1,
    random: () => 0.5,
    refusal: /asked too often/,
    ...options,
  });
}

describe("Proxy with two upstreams", () => {
  test("asks the first as long as that serves", async () => {
    await using b = new ScriptedPeer(reciteB);
    await using stage = await stageOf(recite, b);
    for (let i = 0; i < 3; i++) {
      expect(await stage.visit()).toEqual(whole);
      stage.proxy.purge();
    }
    expect(b.connections).toHaveLength(0);
  });

  test("with --choose spread starts with another one each time", async () => {
    await using b = new ScriptedPeer(reciteB);
    await using stage = await stageOf(recite, b, { choose: "spread" });
    for (const answer of [POEM, FROM_B, POEM, FROM_B]) {
      expect(await stage.visit()).toEqual(answered(answer));
      stage.proxy.purge();
    }
  });

  test("moves on to the second at once when the first refuses the connection, without a retry, even for a single client", async () => {
    await using b = new ScriptedPeer(reciteB);
    await using stage = await ProxyStage.open(undefined, {
      upstream: { host: "127.0.0.1", port: closedPort() },
      others: [b.address],
      requests: { ...byLine, cacheable: /^cached/, allow: /./ },
    });
    for (const request of ["cached\n", "passed\n"])
      expect(await (await stage.asker(request)).visit).toEqual(answered(FROM_B));
    expect(stage.log.count("retrying")).toBe(0);
    expect(b.connections).toHaveLength(2);
  });

  test("sends the second's answer, complete and in one flight, when the first resets before its last byte", async () => {
    await using b = new ScriptedPeer(reciteB);
    await using stage = await stageOf((connection) => connection.send(POEM.slice(0, -1)).reset(), b);
    const visitors = await stage.visitors(5);
    await stage.retried();
    for (const visitor of visitors) expect(await visitor.visit).toEqual(answered(FROM_B));
    expect([stage.upstream.connections.length, b.connections.length]).toEqual([1, 1]);
    expect(stage.log.count("held")).toBe(0); // Perhaps it cannot answer just that one request.
  });

  test("sends the second's when the first is silent, and avoids that for a while", async () => {
    await using b = new ScriptedPeer(reciteB);
    await using stage = await stageOf(() => {}, b);
    const visitors = await stage.visitors(5);
    await stage.log.until("connected");
    stage.clock.advance(30_000);
    await stage.retried();
    for (const visitor of visitors) expect(await visitor.visit).toEqual(answered(FROM_B));
    expect(stage.log.all("held")).toMatchObject([
      { address: stage.upstream.address, ms: 1000, error: { reason: "first_byte_timeout" } },
    ]);
    stage.proxy.purge();
    expect(await stage.visit()).toEqual(answered(FROM_B));
    expect(stage.upstream.connections).toHaveLength(1);
  });

  test("sends the second's when the first refuses to answer, and lets one fetch probe that afterwards", async () => {
    await using b = new ScriptedPeer(reciteB);
    await using stage = await stageOf((connection) => connection.send(REFUSAL).fin(), b, {
      requests: byLine,
    });
    const first = await stage.asker("1\n");
    await stage.retried();
    expect(await first.visit).toEqual(answered(FROM_B));
    expect(stage.log.all("held")).toMatchObject([{ address: stage.upstream.address, ms: 1000 }]);

    stage.upstream.script = () => {};
    stage.clock.advance(1000);
    const probe = await stage.asker("2\n");
    const upstream = await stage.upstream.connection(1);
    expect(await (await stage.asker("3\n")).visit).toEqual(answered(FROM_B));
    recite(upstream);
    expect(await probe.visit).toEqual(whole);
    expect(stage.log.all("released")).toMatchObject([{ address: stage.upstream.address }]);

    stage.upstream.script = recite;
    expect(await (await stage.asker("4\n")).visit).toEqual(whole);
    expect(b.connections).toHaveLength(2);
  });

  test("asks the one whose hold ends first when both are down, rather than none", async () => {
    await using b = new ScriptedPeer();
    await using stage = await stageOf(() => {}, b, { retries: 0, firstByteTimeout: 100, requests: byLine });
    const [one] = [await stage.asker("1\n")];
    await stage.log.until("connected");
    stage.clock.advance(100); // A is held until 1100.
    expect(await one.visit).toEqual(nothing);
    const two = await stage.asker("2\n");
    await stage.log.until("connected", 2);
    stage.clock.advance(100); // B until 1200.
    expect(await two.visit).toEqual(nothing);
    stage.upstream.script = recite;
    expect(await (await stage.asker("3\n")).visit).toEqual(whole);
    expect([stage.upstream.connections.length, b.connections.length]).toEqual([2, 1]);
  });

  test("lets a stale answer stand in when both fail, and resets if there is none", async () => {
    await using b = new ScriptedPeer((connection) => connection.reset());
    await using stage = await stageOf(recite, b, { ttl: 1000, staleIfError: 10_000 });
    expect(await stage.visit()).toEqual(whole);
    stage.upstream.script = (connection) => connection.reset();
    stage.clock.advance(1000);
    const [visitor] = await stage.visitors(1);
    await stage.retried();
    expect(await visitor?.visit).toEqual(whole);
    stage.proxy.purge();
    const [other] = await stage.visitors(1);
    await stage.retried();
    expect(await other?.visit).toEqual(nothing);
  });

  test("shares the connect timeout between them, so that the second still has its chance", async () => {
    await using b = new ScriptedPeer(reciteB);
    const deaf = { host: "192.0.2.1", port: 1 };
    const connectTo: Connect = (to, protocol, options) => {
      if (to !== deaf) return connect(to, protocol, options);
      const error = new ConnectError(to, "timeout", "no answer");
      return new Deferred<Transport>().addTimeout(options.timeout, options.clock, () => new Failure(error));
    };
    await using stage = await stageOf(() => {}, b, { upstream: deaf, connect: connectTo });
    const [visitor] = await stage.visitors(1);
    stage.clock.advance(2500);
    expect(await visitor?.visit).toEqual(answered(FROM_B));
    expect(stage.log.count("retrying")).toBe(0);
  });
});

describe("Proxy with --fetch-rate", () => {
  const rate = { count: 2, span: 60_000 };

  test("makes no more connections than that, and queues the rest", async () => {
    await using stage = await ProxyStage.open(recite, { requests: byLine, rate, maxQueue: 1, maxFetches: 1 });
    for (const request of ["1\n", "2\n", "1\n"])
      expect(await (await stage.asker(request)).visit).toEqual(whole);
    const waiting = await stage.asker("3\n");
    await stage.log.until("miss", 3);
    const next = await stage.asker("4\n");
    await stage.log.until("miss", 4);
    expect(await (await stage.asker("5\n")).visit).toEqual(nothing);
    expect(stage.failures).toEqual([{ reason: "overflow", received: 0 }]);
    stage.clock.advance(59_999);
    expect(stage.upstream.connections).toHaveLength(2);
    stage.clock.advance(1);
    for (const asker of [waiting, next]) expect(await asker.visit).toEqual(whole);
    expect(stage.upstream.connections).toHaveLength(4);
  });

  test("counts every connection: a retry waits for its turn, ahead of fetches that have had none", async () => {
    await using stage = await ProxyStage.open((connection) => connection.reset(), {
      requests: byLine,
      rate: { count: 1, span: 4000 },
      retries: 1,
      random: () => 1,
    });
    const first = await stage.asker("first\n");
    await stage.upstream.connection();
    const second = await stage.asker("second\n");
    await stage.log.until("miss", 2);
    await stage.retried();
    stage.upstream.script = recite;
    stage.clock.advance(4000);
    expect(await first.visit).toEqual(whole);
    expect(stage.upstream.connections).toHaveLength(2);
    stage.clock.advance(4000);
    expect(await second.visit).toEqual(whole);
  });

  test("does not let a client wait for a retry that would come too late", async () => {
    await using stage = await ProxyStage.open((connection) => connection.reset(), {
      rate,
      retries: 3,
      totalTimeout: 50_000,
    });
    const [visitor] = await stage.visitors(1);
    await stage.retried();
    expect(await visitor?.visit).toEqual(nothing);
    expect(stage.log.count("retrying")).toBe(1);
    expect(stage.failures).toEqual([{ reason: "reset", received: 0 }]);
    expect(stage.upstream.connections).toHaveLength(2);
  });

  test("learns nothing about an upstream that it had no turn to ask", async () => {
    await using b = new ScriptedPeer(reciteB);
    const a = { host: "127.0.0.1", port: closedPort() };
    await using stage = await ProxyStage.open(undefined, {
      upstream: a,
      others: [b.address],
      rate: { count: 1, span: 60_000 },
      totalTimeout: 50_000,
    });
    expect(await stage.visit()).toEqual(nothing);
    expect(stage.failures).toEqual([{ reason: "refused", received: 0 }]);
    expect(b.connections).toHaveLength(0);
    expect(stage.proxy.figures().upstreams).toMatchObject([
      { address: a, held: { why: "failure" } },
      { address: b.address, held: undefined },
    ]);
  });

  test("asks the next upstream when its turn comes, however long that takes", async () => {
    await using b = new ScriptedPeer(reciteB);
    await using stage = await ProxyStage.open(undefined, {
      upstream: { host: "127.0.0.1", port: closedPort() },
      others: [b.address],
      rate: { count: 1, span: 60_000 },
    });
    const [visitor] = await stage.visitors(1);
    await stage.log.until("held"); // Far beyond --connect-timeout.
    stage.clock.advance(60_000);
    expect(await visitor?.visit).toEqual(answered(FROM_B));
  });
});

test("Proxy with --source connects from that address, for fetches and pipes", async () => {
  const sources: (string | undefined)[] = [];
  const connectFrom: Connect = (to, protocol, options) => {
    sources.push(options.source);
    return connect(to, protocol, options);
  };
  await using stage = await ProxyStage.open(recite, {
    requests: { ...byLine, cacheable: /^cached/ },
    source: "127.0.0.1",
    connect: connectFrom,
  });
  for (const request of ["cached\n", "piped\n"])
    expect(await (await stage.asker(request)).visit).toEqual(whole);
  expect(sources).toEqual(["127.0.0.1", "127.0.0.1"]);
});
