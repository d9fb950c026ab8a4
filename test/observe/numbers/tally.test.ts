import { describe, expect, test } from "bun:test";
import { ENDINGS, type Ending } from "../../../src/net/ending.ts";
import { BOUNDS, Histogram } from "../../../src/observe/numbers/histogram.ts";
import { Recent } from "../../../src/observe/numbers/recent.ts";
import { Tally } from "../../../src/observe/numbers/tally.ts";
import { FetchError } from "../../../src/services/fetch/errors.ts";
import { recordOf, visitOf } from "../../support/observed.ts";

const upstream = { host: "127.0.0.1", port: 43 };

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, each) => total + each, 0);
}

describe("Tally", () => {
  test("counts every client once, however its connection ended", () => {
    const tally = new Tally();
    const endings = Object.keys(ENDINGS) as Ending[];
    for (const ending of endings) {
      if (ending.startsWith("proxy/accept/")) tally.turnedAway(visitOf({ ending }));
      else tally.visited(visitOf({ ending, status: "hit" }));
    }
    expect(sum(tally.served) + sum(tally.failed) + sum(tally.rejected)).toBe(endings.length);
    expect(tally.served.hit).toBe(3); // Clients that did not hang up have their whole answer as well.
    expect(tally.rejected).toEqual({
      access: 1,
      rate: 1,
      limit: 1,
      per_ip: 1,
      draining: 1,
      check: 1,
      tls: 4,
      proxy_header: 5,
    });
    for (const ending of ["ok", "client/tls/failed", "client/header/malformed"])
      expect(tally.failed).not.toHaveProperty([ending]);
  });

  test("counts how clients were served, and their bytes", () => {
    const tally = new Tally();
    for (const status of ["hit", "hit", "stale", "miss", "coalesced", "pass", undefined])
      tally.visited(visitOf({ ending: "ok", status, bytesIn: 2, bytesOut: 10 }));
    expect(tally.served).toEqual({ hit: 2, stale: 1, miss: 1, coalesced: 1, pass: 1, plain: 1 });
    expect([tally.sentBytes, tally.receivedBytes]).toEqual([70, 14]);
  });

  test("times served clients only", () => {
    const tally = new Tally();
    tally.visited(visitOf({ ending: "ok", status: "hit" }));
    tally.visited(visitOf({ ending: "ok", status: "miss", waitedMs: 700 }));
    tally.visited(visitOf({ ending: "upstream/data/reset", status: "miss", waitedMs: 700 }));
    expect(tally.seconds.sum).toBe(0.7);
    expect([...tally.seconds.counts].reduce((a, b) => a + b)).toBe(2);
  });

  test("counts the fetches of each upstream by cause, and by reason of failure", () => {
    const tally = new Tally();
    tally.fetched(recordOf(upstream, { startedAt: 0, ms: 20 }));
    tally.fetched(recordOf(upstream, { startedAt: 0, ms: 40, attempts: 3 }, "", "refresh"));
    const error = new FetchError(upstream, "overflow", 0, "1 already running and 0 queued");
    tally.fetchFailed(recordOf(upstream, { error }));
    const counted = tally.upstreams.get("127.0.0.1:43");
    expect(counted?.fetches).toEqual({ miss: 2, refresh: 1, pass: 0 });
    expect(counted?.failures.overflow).toBe(1);
    expect(tally.retries).toBe(2);
    expect(counted?.seconds.sum).toBeCloseTo(0.06); // The one without a turn took no time.
    expect(counted?.recent.figures()).toEqual({ average: 30, most: 40 });
    expect(counted?.lastSuccess).toBeCloseTo(Date.now() / 1000, -2);
  });
});

test("Histogram.count() puts a duration into the first bucket that is long enough", () => {
  const histogram = new Histogram();
  for (const seconds of [0, 0.001, 0.0011, 30, 31]) histogram.count(seconds);
  expect([...histogram.counts]).toEqual([2, 1, ...BOUNDS.slice(3).map(() => 0), 1, 1]);
});

test("Recent.figures() is about the last 1,024", () => {
  const recent = new Recent();
  expect(recent.figures()).toBeUndefined();
  recent.add(1e9);
  for (let i = 0; i < 1024; i++) recent.add(2);
  expect(recent.figures()).toEqual({ average: 2, most: 2 });
});
