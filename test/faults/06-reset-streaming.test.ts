import { describe, expect, test } from "bun:test";
import { PROXY_DEFAULTS } from "../../src/services/proxy/options.ts";
import { nothing, POEM, recite, whole } from "../support/poem.ts";
import { ProxyStage } from "../support/proxy-stage.ts";

const { retries } = PROXY_DEFAULTS.fetch;

describe("Proxy with --stream", () => {
  test.each([1, POEM.length - 1])(
    "sends %d bytes and a reset if the upstream breaks off after them, keeps nothing, and does not retry",
    async (received) => {
      await using stage = await ProxyStage.open(undefined, { stream: true, retries });
      const visitors = await stage.visitors(20);
      await stage.log.until("connected");
      const upstream = await stage.upstream.connection();
      await stage.hears(upstream, POEM.slice(0, received));
      for (const visitor of visitors) await visitor.until(POEM.slice(0, received));
      upstream.reset();
      for (const visitor of visitors)
        expect(await visitor.visit).toEqual({ bytes: Buffer.from(POEM.slice(0, received)), end: "reset" });
      await stage.log.until("upstream/data/reset", 20);
      expect(stage.log.count("visited")).toBe(20);
      expect(stage.failures).toEqual([{ reason: "reset", received }]);
      expect(stage.upstream.connections).toHaveLength(1);
      expect(stage.gauges).toMatchObject({ entries: 0, flights: 0, waiters: 0 });
    },
  );

  test("retries if the upstream breaks off before its first byte, because no client has seen any", async () => {
    await using stage = await ProxyStage.open(undefined, { stream: true, retries });
    const visitors = await stage.visitors(20);
    (await stage.upstream.connection()).reset();
    await stage.retried();
    recite(await stage.upstream.connection(1));
    for (const visitor of visitors) expect(await visitor.visit).toEqual(whole);
  });

  test("resets without a byte if the upstream refuses connections, is silent, or closes without a byte", async () => {
    await using stage = await ProxyStage.open((upstream) => upstream.fin(), { stream: true });
    expect(await stage.visit()).toEqual(nothing);
    expect(stage.failures).toEqual([{ reason: "empty", received: 0 }]);
    stage.upstream.script = () => {};
    const [visitor] = await stage.visitors(1);
    await stage.log.until("connected", 2);
    stage.clock.advance(30_000);
    expect(await visitor?.visit).toEqual(nothing);
    expect(stage.failures.at(-1)).toEqual({ reason: "first_byte_timeout", received: 0 });
  });

  test("sends a client that is stuck in mid-answer no more than it read, and then a reset", async () => {
    const long = Buffer.alloc(12_000_000, POEM);
    await using stage = await ProxyStage.open(undefined, { stream: true });
    const [stuck] = await stage.visitors(1, (socket) => socket.pause());
    await stage.log.until("connected");
    const upstream = await stage.upstream.connection();
    await stage.hears(upstream, long.subarray(0, 65_536));
    upstream.reset();
    await stage.log.until("upstream/data/reset");
    await stuck?.connected;
    stuck?.resume();
    const visit = await stuck?.visit;
    expect(visit?.end).toBe("reset");
    expect(long.subarray(0, visit?.bytes.length).equals(visit?.bytes as Buffer)).toBe(true);
  });
});
