import { describe, expect, test } from "bun:test";
import { answered } from "../../support/poem.ts";
import { ProxyStage } from "../../support/proxy-stage.ts";
import type { Visitor } from "../../support/visitor.ts";

/** A streaming proxy with clients that have asked, and its upstream's connection. */
async function streaming(clients: number, options: Parameters<typeof ProxyStage.open>[1] = {}) {
  const stage = await ProxyStage.open(undefined, { stream: true, ...options });
  const visitors = await stage.visitors(clients);
  await stage.log.until("connected");
  return { stage, visitors, upstream: await stage.upstream.connection() };
}

describe("Proxy with --stream", () => {
  test("sends what has arrived so far, to all clients, before the answer is complete", async () => {
    const { stage, visitors, upstream } = await streaming(3);
    await using _ = stage;
    upstream.send("half a ");
    for (const visitor of visitors) await visitor.until("half a ");
    const [late] = (await stage.visitors(1)) as [Visitor];
    await late.until("half a ");
    upstream.send("poem").fin();
    for (const visitor of [...visitors, late]) expect(await visitor.visit).toEqual(answered("half a poem"));
    expect(await stage.visit()).toEqual(answered("half a poem"));
    expect(stage.upstream.connections).toHaveLength(1);
  });

  test("closes cleanly only if the answer was found to be complete", async () => {
    const { stage, visitors, upstream } = await streaming(1, { complete: /end$/ });
    await using _ = stage;
    upstream.send("no such thing").fin();
    expect((await visitors[0]?.visit)?.end).toBe("reset");
    expect(stage.log.count("fetchFailed")).toBe(1);
  });

  test("streams an answer that is too long to keep to its readers", async () => {
    const { stage, visitors, upstream } = await streaming(2, { maxAnswer: 10 });
    await using _ = stage;
    upstream.send("more than ").send("ten bytes");
    for (const visitor of visitors) await visitor.until("more than ten bytes");
    upstream.send("!").fin();
    for (const visitor of visitors) expect(await visitor.visit).toEqual(answered("more than ten bytes!"));
    const next = stage.visit();
    (await stage.upstream.connection(1)).send("short").fin();
    expect(await next).toEqual(answered("short"));
  });

  test("sends all of a long answer to a client that reads late", async () => {
    const poem = Buffer.alloc(12_000_000, "The fascination of what's difficult\n");
    const stage = await ProxyStage.open(undefined, { stream: true });
    await using _ = stage;
    const [slow] = (await stage.visitors(1, (socket) => socket.pause())) as [Visitor];
    const [quick] = (await stage.visitors(1)) as [Visitor];
    await (await stage.upstream.connection()).sendAll(poem);
    expect((await quick.visit).bytes.equals(poem)).toBe(true);
    slow.resume();
    const { bytes, end } = await slow.visit;
    expect([bytes.equals(poem), end]).toEqual([true, "fin"]);
  });

  test("continues the fetch when its readers have left", async () => {
    const { stage, visitors, upstream } = await streaming(2);
    await using _ = stage;
    upstream.send("half a ");
    for (const visitor of visitors) {
      await visitor.until("half a ");
      await visitor.vanish();
    }
    await stage.log.until("client/data/reset", 2);
    upstream.send("poem").fin();
    await stage.log.until("fetched");
    expect(await stage.visit()).toEqual(answered("half a poem"));
  });

  test("does not mix a new answer with a stale one that stands by", async () => {
    const { stage, visitors, upstream } = await streaming(1, { ttl: 1000, staleIfError: 10_000 });
    await using _ = stage;
    upstream.send("old").fin();
    await visitors[0]?.visit;
    stage.clock.advance(1000);
    const [visitor] = (await stage.visitors(1)) as [Visitor];
    const second = await stage.upstream.connection(1);
    const heard = stage.clock.nextCall();
    second.send("ne");
    await heard;
    second.reset();
    expect(await visitor.visit).toEqual(answered("old"));
  });

  test("streams a fetch for a single client", async () => {
    const requests = { framing: "line", requestTimeout: 10_000, folds: [], cacheable: /^show / } as const;
    await using stage = await ProxyStage.open(undefined, { stream: true, requests });
    const asker = await stage.asker("drop table\n");
    const upstream = await stage.upstream.connection();
    await stage.upstream.until(() => upstream.received !== "");
    upstream.send("half a ");
    await asker.until("half a ");
    upstream.send("poem").fin();
    expect(await asker.visit).toEqual(answered("half a poem"));
  });
});
