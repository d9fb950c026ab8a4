import { describe, expect, test } from "bun:test";
import { FakeTransport } from "../../support/fake-transport.ts";
import { nextTurn } from "../../support/next-turn.ts";
import { POEM, recite, whole } from "../../support/poem.ts";
import { ProxyStage } from "../../support/proxy-stage.ts";

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
    await stage.log.until("hit", 1);
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

  test("has written a hit before it returns: no promise, no timer, no turn of the event loop", async () => {
    await using stage = await ProxyStage.open(recite);
    await stage.visit();
    const transport = new FakeTransport();
    stage.proxy["serve"](transport);
    expect(transport.written).toBe(POEM);
    expect(transport.end).toBe("close");
  });

  test("serves a long answer whole, to those who waited for it and from its cache", async () => {
    await using stage = await ProxyStage.open(undefined, { maxMemory: 2 ** 23, maxAnswer: 2 ** 22 });
    const [visitor] = await stage.visitors(1);
    const upstream = await stage.upstream.connection();
    const parts = [1, 2, 3, 4, 5].map((value) => Buffer.alloc(400_000, value));
    for (const [i, part] of parts.entries()) {
      upstream.send(part);
      while (stage.proxy.bytesHeld < (i + 1) * part.length) await nextTurn();
    }
    upstream.fin();
    const answer = { bytes: Buffer.concat(parts), end: "fin" } as const;
    expect(await visitor?.visit).toEqual(answer);
    expect(await stage.visit()).toEqual(answer);
    expect(stage.upstream.connections).toHaveLength(1);
  });

  test("has an answer that is not kept collected once: when nobody reads it any more", async () => {
    let collected = 0;
    await using stage = await ProxyStage.open((upstream) => upstream.send("x".repeat(300_000)).fin(), {
      ttl: 0,
      maxMemory: 2 ** 21,
      maxAnswer: 2 ** 20,
      collectGarbage: () => ++collected > 0,
    });
    const client = new FakeTransport();
    client.unsent = 1;
    const reading = stage.proxy["serve"](client);
    while (client.end === undefined) await nextTurn();
    await nextTurn();
    expect([client.written.length, collected]).toEqual([300_000, 0]);
    reading.writable?.();
    expect(collected).toBe(1);
  });
});
