import { expect, test } from "bun:test";
import { Numbers } from "../../../src/cache/numbers.ts";
import type { PurgeListener } from "../../../src/cache/second-level.ts";
import { SLICE } from "../../../src/cache/walk.ts";
import { Budget } from "../../../src/services/budget.ts";
import { PROXY_DEFAULTS } from "../../../src/services/proxy/options.ts";
import { Proxy } from "../../../src/services/proxy/proxy.ts";
import { ManualClock } from "../../../src/time/manual-clock.ts";
import { MemoryTransport } from "../../model/memory.ts";
import { FakeLevel } from "../../support/fake-level.ts";
import { Recorder } from "../../support/recorder.ts";

const ENTRIES = 3 * SLICE;

/** A level that several nodes share. */
class SharedFakeLevel extends FakeLevel {
  purgeElsewhere: PurgeListener = () => {};

  onPurgeElsewhere(listener: PurgeListener): void {
    this.purgeElsewhere = listener;
  }
}

/** A proxy with many entries, which all came from its second level. */
function setUp() {
  const clock = new ManualClock();
  const level = new SharedFakeLevel();
  const processMemory = new Budget({ limit: 2 ** 28, maxAnswer: 2 ** 20 });
  const { answers, fetch, requests } = PROXY_DEFAULTS;
  const proxy = new Proxy({
    ...PROXY_DEFAULTS,
    requests: { ...requests, framing: "line" },
    answers: { ...answers, ttl: 1000, staleIfError: 1000 },
    fetch: { ...fetch, upstreams: [{ host: "192.0.2.2", port: 1 }] },
    listen: { address: { host: "127.0.0.1", port: 0 } },
    secondLevels: { levels: [level], numbers: new Numbers(() => 1) },
    processMemory,
    clock,
    observer: new Recorder().observe,
  });
  for (let n = 0; n < ENTRIES; n++) {
    level.has(`poem ${n}`, { text: "poem", lifetime: { ttl: 1000, grace: 0, staleIfError: 1000 } });
    const client = new MemoryTransport();
    client.protocol = proxy["serve"](client);
    client.hears(`poem ${n}\n`);
    expect(client).toMatchObject({ received: "poem", end: "fin" });
  }
  expect(proxy.entries).toBe(ENTRIES);
  /** The most entries that go in one turn, and the entries that are left in the end. */
  const work = (begin: () => unknown) => {
    const before = [proxy.entries];
    begin();
    for (before.push(proxy.entries); clock.turnsDue > 0; before.push(proxy.entries)) clock.turn();
    const gone = before.slice(1).map((left, at) => (before[at] as number) - left);
    return { most: Math.max(...gone), left: proxy.entries };
  };
  return { clock, level, processMemory, proxy, work };
}

test("Proxy.retire() lets its entries go in slices, which count for the process until they have gone", () => {
  const { proxy, processMemory, work } = setUp();
  expect(work(() => proxy.retire())).toEqual({ most: SLICE, left: 0 });
  expect(processMemory.entries).toBe(0);
  const { proxy: other, processMemory: memory, clock } = setUp();
  other.retire();
  expect(memory.entries).toBe(other.bytes);
  clock.turn();
  expect([memory.entries > 0, memory.entries === other.bytes]).toEqual([true, true]);
});

test("Proxy lets go in slices what another node has purged", () => {
  const { level, work } = setUp();
  expect(work(() => level.purgeElsewhere("all"))).toEqual({ most: SLICE, left: 0 });
});

test("Proxy.kept.purge() lets go in slices, whether of all, of what matches, or softly", () => {
  const { proxy, work } = setUp();
  expect(work(() => proxy.kept.purge({ isSoft: true }))).toEqual({ most: 0, left: ENTRIES });
  const odd = work(() => proxy.kept.purgeMatching((key) => /[13579]$/.test(key)));
  expect(odd).toEqual({ most: SLICE / 2, left: ENTRIES / 2 });
  expect(work(() => proxy.kept.purge())).toEqual({ most: SLICE / 2, left: 0 });
});
