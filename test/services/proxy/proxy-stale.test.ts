import { describe, expect, test } from "bun:test";
import { answered } from "../../support/poem.ts";
import { ProxyStage } from "../../support/proxy-stage.ts";

/** A proxy that has an answer in its cache. */
async function stageWithPoem(options: Parameters<typeof ProxyStage.open>[1]): Promise<ProxyStage> {
  const stage = await ProxyStage.open(undefined, { ttl: 1000, ...options });
  const first = stage.visit();
  (await stage.upstream.connection()).send("old").fin();
  await first;
  return stage;
}

describe("Proxy with --grace", () => {
  test("serves the stale answer at once while one refresh is under way, and says so", async () => {
    await using stage = await stageWithPoem({ grace: 10_000 });
    stage.clock.advance(1000);
    for (let i = 0; i < 5; i++) expect(await stage.visit()).toEqual(answered("old"));
    await stage.log.until("stale", 5);
    (await stage.upstream.connection(1)).send("new").fin();
    await stage.log.until("fetched", 2);
    expect(await stage.visit()).toEqual(answered("new"));
    expect(stage.upstream.connections).toHaveLength(2);
  });

  test("keeps serving it when the upstream fails, and does not ask that for a while", async () => {
    await using stage = await stageWithPoem({ grace: 10_000, random: () => 0.5 });
    stage.clock.advance(1000);
    await stage.visit();
    (await stage.upstream.connection(1)).reset();
    await stage.log.until("fetchFailed");
    for (let i = 0; i < 5; i++) expect(await stage.visit()).toEqual(answered("old"));
    expect(stage.upstream.connections).toHaveLength(2);
  });
});

describe("Proxy with --stale-if-error", () => {
  test("serves the stale answer if the fetch fails, and says that it is stale", async () => {
    await using stage = await stageWithPoem({ staleIfError: 10_000 });
    stage.clock.advance(1000);
    const visitors = await stage.visitors(3);
    (await stage.upstream.connection(1)).reset();
    for (const visitor of visitors) expect(await visitor.visit).toEqual(answered("old"));
    await stage.log.until("stale", 3);
    expect(stage.log.count("upstream")).toBe(0);
  });

  test("with --stale-after does not wait for a slow upstream", async () => {
    await using stage = await stageWithPoem({ staleIfError: 10_000, staleAfter: 500 });
    stage.clock.advance(1000);
    const [visitor] = await stage.visitors(1);
    stage.clock.advance(500);
    expect(await visitor?.visit).toEqual(answered("old"));
    (await stage.upstream.connection(1)).send("new").fin();
    await stage.log.until("fetched", 2);
    expect(await stage.visit()).toEqual(answered("new"));
  });
});

describe("Proxy with --retries", () => {
  test("does not retry a fetch for a single client", async () => {
    const requests = {
      framing: "line",
      requestTimeout: 10_000,
      folds: [],
      allow: /./,
      cacheable: /^show /,
    } as const;
    await using stage = await ProxyStage.open((connection) => connection.reset(), { retries: 5, requests });
    const [visitor] = [await stage.asker("drop table\n")];
    expect((await visitor.visit).end).toBe("reset");
    expect(stage.upstream.connections).toHaveLength(1);
  });
});
