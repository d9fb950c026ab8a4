import { expect, test } from "bun:test";
import { ProxyStage } from "../support/proxy-stage.ts";
import { SOCKETS } from "../support/sockets.ts";
import type { PeerConnection } from "../support/scripted-peer.ts";

const MIB = 2 ** 20;
const LIMIT = 4 * MIB;
const CHUNK = new Uint8Array(MIB);

/** The most that Bun passes on at once. */
const READ = MIB / 2;

/** /dev/zero, on a port. */
function flow(upstream: PeerConnection): void {
  upstream.drained = () => upstream.flood(CHUNK);
  upstream.flood(CHUNK);
}

test.each(SOCKETS)(
  "Proxy ends an endless answer over %s at --max-answer, again and again, and holds no more than that",
  async (sockets) => {
    await using stage = await ProxyStage.open(flow, {
      maxAnswer: LIMIT,
      clientsBy: sockets,
      upstreamBy: sockets,
    });
    await stage.visit();
    const before = process.memoryUsage.rss();
    for (let i = 0; i < 50; i++) expect(await stage.visit()).toEqual(stage.nothing);
    Bun.gc(true); // What it dropped is garbage.
    expect(process.memoryUsage.rss() - before).toBeLessThan(LIMIT + 32 * MIB);
    for (const { reason, received } of stage.failures) {
      expect(reason).toBe("too_large");
      expect(received).toBeWithin(LIMIT + 1, LIMIT + READ + 1);
    }
    await stage.upstream.until(() => stage.upstream.open === 0);
    expect(stage.gauges.bytes).toBe(0);
  },
);
