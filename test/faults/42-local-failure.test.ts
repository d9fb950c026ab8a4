import { describe, expect, test } from "bun:test";
import { fail } from "../../src/deferred/mod.ts";
import { connect, type Connect } from "../../src/net/connect.ts";
import { ConnectError } from "../../src/net/errors.ts";
import { PROXY_DEFAULTS } from "../../src/services/proxy/options.ts";
import { nothing, recite, whole } from "../support/poem.ts";
import { ProxyStage, type StageOptions } from "../support/proxy-stage.ts";
import { ScriptedPeer } from "../support/scripted-peer.ts";
import { stageTls } from "../support/stage-tls.ts";

const CODES = ["ENFILE", "ENOBUFS", "EADDRNOTAVAIL"] as const;

/** A machine that temporarily cannot connect to the stage's upstream, and counts the attempts. */
class Trouble {
  dials = 0;
  /** The error of an attempt; undefined: none any more. */
  code: string | undefined = "EADDRNOTAVAIL";
  /** Where it cannot connect to; absent: anywhere. */
  port: number | undefined = undefined;

  readonly connect: Connect = (address, protocol, options) => {
    const isMeant = this.port === undefined || ("port" in address && address.port === this.port);
    if (this.code === undefined || !isMeant) return connect(address, protocol, options);
    this.dials++;
    return fail(new ConnectError(address, "local", this.code));
  };
}

function open(trouble: Trouble, options: StageOptions = {}): Promise<ProxyStage> {
  return ProxyStage.open(recite, {
    retries: PROXY_DEFAULTS.fetch.retries,
    connect: trouble.connect,
    ...options,
  });
}

describe("Proxy that cannot dial because of its own machine", () => {
  test.each(CODES)("(%s) fails at once, without a retry, and does not try again for 10 s", async (code) => {
    const trouble = new Trouble();
    trouble.code = code;
    await using stage = await open(trouble);
    for (let i = 0; i < 20; i++) {
      expect(await stage.visit()).toEqual(nothing);
      stage.clock.advance(i === 0 ? 0 : 500);
    }
    stage.clock.advance(499);
    expect(await stage.visit()).toEqual(nothing);
    expect(trouble.dials).toBe(1);
    // It is reported once, with the length of the hold; only one fetch failed.
    expect(stage.failures).toEqual([{ reason: "local", received: 0 }]);
    expect(stage.log.all("held")).toMatchObject([{ ms: 10_000, error: { reason: "local", detail: code } }]);
    expect(stage.proxy.figures().upstreams).toMatchObject([{ held: { until: 10_000, why: "local" } }]);
    await stage.log.until("visited", 21);
    expect(new Set(stage.log.all("visited").map(({ ending }) => ending))).toEqual(
      new Set(["proxy/connect/local"]),
    );

    trouble.code = undefined;
    stage.clock.advance(1);
    expect(await stage.visit()).toEqual(whole);
    expect(stage.proxy.figures().upstreams).toEqual([{ address: stage.upstream.address, held: undefined }]);
  });

  test("tries again after 10 s, and holds the upstream down again if that fails: 10 s each time", async () => {
    const trouble = new Trouble();
    await using stage = await open(trouble);
    for (let round = 1; round <= 4; round++) {
      expect(await stage.visit()).toEqual(nothing);
      expect(await stage.visit()).toEqual(nothing);
      expect(trouble.dials).toBe(round);
      stage.clock.advance(10_000);
    }
    expect(stage.log.all("held").map(({ ms }) => ms)).toEqual([10_000, 10_000, 10_000, 10_000]);
  });

  test("tries the next upstream, whose port may be free, and avoids the first meanwhile", async () => {
    const trouble = new Trouble();
    await using other = new ScriptedPeer(recite, undefined, stageTls?.upstream);
    await using stage = await open(trouble, { others: [other.address], ttl: 0 });
    trouble.port = stage.upstream.port;
    for (let i = 0; i < 3; i++) expect(await stage.visit()).toEqual(whole);
    expect([trouble.dials, other.connections.length]).toEqual([1, 3]);
    expect(stage.failures).toEqual([]);
    stage.clock.advance(10_000);
    trouble.code = undefined;
    expect(await stage.visit()).toEqual(whole);
    expect([stage.upstream.connections.length, other.connections.length]).toEqual([1, 3]);
  });

  test("lets a stale answer stand in, and holds no key down longer than the upstream", async () => {
    const trouble = new Trouble();
    trouble.code = undefined;
    await using stage = await open(trouble, { ttl: 100, staleIfError: 60_000 });
    expect(await stage.visit()).toEqual(whole);
    stage.clock.advance(100);
    trouble.code = "ENOBUFS";
    for (let i = 0; i < 9; i++) {
      expect(await stage.visit()).toEqual(whole);
      stage.clock.advance(1100);
    }
    expect(trouble.dials).toBe(1);
    trouble.code = undefined;
    stage.clock.advance(100);
    expect(await stage.visit()).toEqual(whole);
    expect(stage.upstream.connections).toHaveLength(2);
  });

  test("tries again at once when an operator releases the upstream", async () => {
    const trouble = new Trouble();
    await using stage = await open(trouble);
    expect(await stage.visit()).toEqual(nothing);
    trouble.code = undefined;
    expect(stage.proxy.holds.release(`127.0.0.1:${stage.upstream.port}`)).toBe(true);
    expect(await stage.visit()).toEqual(whole);
  });
});
