import { expect, test } from "bun:test";
import { Cache } from "../../src/cache/cache.ts";
import type { Loaded } from "../../src/cache/load.ts";
import { SLICE } from "../../src/cache/walk.ts";
import { Deferred, fail, succeed } from "../../src/deferred/mod.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";
import { outcome } from "../support/outcome.ts";
import { unfired, valueOf } from "../../src/deferred/testing.ts";

const TTL = 1000;
const GRACE = 100;
const RESERVE = 500;

/** A cache whose loads return the key, unless a test says otherwise. */
function setUp({ staleIfError = RESERVE, maxBytes = 1e9 } = {}) {
  const clock = new ManualClock();
  let number = 0;
  const loaded = (): Loaded => ({
    lifetime: { ttl: TTL, grace: GRACE, staleIfError },
    age: 0,
    number: ++number,
  });
  const stage = { load: (): Deferred<Loaded> => succeed(loaded()) };
  const cache = new Cache<undefined, Loaded>(
    { clock, random: () => 0.5, maxBytes, maxEntries: Infinity, weigh: () => 100 },
    () => stage.load(),
  );
  const get = (key: string) => {
    const { status, answer } = cache.get(key, undefined);
    const found = { status: status as string };
    answer.addCallbacks(
      (served) => (found.status = served.status),
      () => (found.status = "failed"),
    );
    return found;
  };
  const turns = () => {
    while (clock.turnsDue > 0) clock.turn();
  };
  return { clock, cache, get, stage, loaded, turns };
}

test("Cache.purgeKey() removes one entry", () => {
  const { cache, get } = setUp();
  get("a");
  get("b");
  expect(cache.purgeKey("a")).toEqual({ entries: 1, flights: 0 });
  expect(cache.purgeKey("a")).toEqual({ entries: 0, flights: 0 });
  expect([get("a").status, get("b").status]).toEqual(["miss", "hit"]);
  expect(cache.evictions).toEqual({ memory: 0, expired: 0, replaced: 0, purged: 1 });
});

test("Cache.purgeKey() during a fetch of that key: delivered, not stored; of another key: stored", () => {
  const { cache, get, stage, loaded } = setUp();
  const fetches = [new Deferred<Loaded>(), new Deferred<Loaded>()];
  const [a, b] = fetches.values().map((fetch) => {
    stage.load = () => fetch;
    return get(fetch === fetches[0] ? "a" : "b");
  });
  expect(cache.purgeKey("a")).toEqual({ entries: 0, flights: 1 });
  for (const fetch of fetches) fetch.callback(loaded());
  expect([a?.status, b?.status]).toEqual(["miss", "miss"]);
  expect([cache.describe("a"), cache.describe("b")?.key]).toEqual([undefined, "b"]);
});

test("Cache.purgeMatching() removes all matching entries, however many there are, before it fires", () => {
  const { cache, get, turns } = setUp();
  const count = 3 * SLICE;
  for (let i = 0; i < count; i++) get(`key ${i}`);
  const purged = cache.purgeMatching((key) => key.endsWith("7"));
  unfired(purged);
  turns();
  const gone = Math.floor((count + 2) / 10);
  expect(valueOf(purged)).toEqual({ entries: gone, flights: 0 });
  expect(cache.entries).toBe(count - gone);
  expect(get("key 17").status).toBe("miss");
  expect(get("key 18").status).toBe("hit");
});

test("Cache.purgeMatching() keeps no answer of a fetch that began earlier, even if it lands during the walk", () => {
  const { cache, get, stage, loaded, turns } = setUp();
  for (let i = 0; i < 2 * SLICE; i++) get(`key ${i}`);
  const fetch = new Deferred<Loaded>();
  stage.load = () => fetch;
  get("slow");
  const purged = cache.purgeMatching(() => true);
  fetch.callback(loaded());
  turns();
  expect(valueOf(purged)).toEqual({ entries: 2 * SLICE, flights: 1 });
  expect(cache.entries).toBe(0);
});

test("Cache.purge() removes a slice in each turn, and has removed everything when it fires", () => {
  const { cache, get, clock } = setUp();
  for (let i = 0; i < 2 * SLICE; i++) get(`key ${i}`);
  const purged = cache.purge();
  for (let before = 2 * SLICE; clock.turnsDue > 0; clock.turn()) {
    expect(before - cache.entries).toBeWithin(0, SLICE + 1);
    before = cache.entries;
    unfired(purged);
  }
  expect(valueOf(purged)).toEqual({ entries: 2 * SLICE, flights: 0 });
  expect([cache.entries, cache.bytes]).toEqual([0, 0]);
  expect(cache.evictions.purged).toBe(2 * SLICE);
  expect(valueOf(cache.list({ order: "age", limit: 9 }))).toEqual([]);
});

test("Cache.purge() leaves alone what was fetched after it began, while it still walks", () => {
  const { cache, get, turns } = setUp();
  for (let i = 0; i < 3 * SLICE; i++) get(`key ${i}`);
  const purged = cache.purge();
  get("key 0"); // Gone already, and fetched again.
  get("new");
  turns();
  expect(valueOf(purged)).toEqual({ entries: 3 * SLICE, flights: 0 });
  expect([get("key 0").status, get("new").status, cache.entries]).toEqual(["hit", "hit", 2]);
});

test("Cache.purgeKey() softly: the entry only stands in for a failed fetch, as long as its lifetime allows", () => {
  const { cache, get, stage, clock } = setUp();
  get("a");
  clock.advance(10);
  expect(cache.purgeKey("a", { isSoft: true })).toEqual({ entries: 1, flights: 0 });
  stage.load = () => fail(new Error("no answer"));
  expect(get("a").status).toBe("stale");
  clock.advance(RESERVE - 1);
  expect(get("a").status).toBe("stale");
  cache.purgeKey("a", { isSoft: true }); // A second purge does not extend its life.
  clock.advance(1);
  expect(get("a").status).toBe("failed");
});

test("Cache.purgeKey() softly never extends the life of an entry that is past its ttl", () => {
  const { cache, get, stage, clock } = setUp();
  get("a");
  clock.advance(TTL + RESERVE - 1);
  cache.purgeKey("a", { isSoft: true });
  stage.load = () => fail(new Error("no answer"));
  expect(get("a").status).toBe("stale");
  clock.advance(1);
  expect(get("a").status).toBe("failed");
});

test("Cache.purgeKey() softly: the next request gets a new answer", () => {
  const { cache, get } = setUp();
  get("a");
  cache.purgeKey("a", { isSoft: true });
  expect([get("a").status, get("a").status]).toEqual(["miss", "hit"]);
});

test("Cache.purgeKey() softly, if nothing may stand in for failures, is a purge", () => {
  const { cache, get } = setUp({ staleIfError: 0 });
  get("a");
  cache.purgeKey("a", { isSoft: true });
  expect(cache.entries).toBe(0);
});

test("Cache.evictions counts what made room, what was replaced, and what was expired anyway", () => {
  const { cache, get, clock } = setUp({ maxBytes: 2 * 650 });
  get("a");
  get("b");
  get("c"); // Evicts "a".
  clock.advance(TTL + RESERVE);
  get("b"); // Replaces an entry that was no longer usable.
  clock.advance(TTL);
  get("b"); // In grace: replaced by the refresh.
  expect(cache.evictions).toEqual({ memory: 1, expired: 1, replaced: 1, purged: 0 });
});

test("Cache.list() returns the first of the matching entries in the requested order", () => {
  const { cache, get, clock, turns } = setUp();
  for (const key of ["a", "bbb", "cc"]) {
    get(key);
    clock.advance(10);
  }
  get("cc");
  const list = (order: "bytes" | "hits" | "age", limit = 9, matches?: (key: string) => boolean) => {
    const listed = cache.list({ order, limit, matches });
    turns();
    const { value } = outcome(listed) as { value: { key: string }[] };
    return value.map(({ key }) => key);
  };
  expect(list("bytes")).toEqual(["bbb", "cc", "a"]);
  expect(list("hits")[0]).toBe("cc");
  expect(list("age", 2)).toEqual(["a", "bbb"]);
  expect(list("age", 9, (key) => key !== "bbb")).toEqual(["a", "cc"]);
});

test("Cache.list() finds the first of many", () => {
  const { cache, get, turns } = setUp();
  for (let i = 0; i < 2 * SLICE; i++) get(`key ${i}`);
  get(`key ${SLICE + 3}`);
  const listed = cache.list({ order: "hits", limit: 2 });
  turns();
  expect(outcome(listed)).toMatchObject({ value: [{ key: `key ${SLICE + 3}`, hits: 1 }, { hits: 0 }] });
});

test("Cache.describe() describes an entry, and does not count as a use of it", () => {
  const { cache, get, clock } = setUp();
  expect(cache.describe("a")).toBeUndefined();
  get("a");
  get("a");
  clock.advance(TTL + 10);
  expect(cache.describe("a")).toEqual({
    key: "a",
    bytes: 614,
    age: 1010,
    left: -10,
    hits: 1,
    freshness: "grace",
    number: 1,
  });
});

test("Cache.describe() shows for how long no refresh is tried", () => {
  const { cache, get, clock, stage } = setUp();
  get("a");
  clock.advance(TTL);
  stage.load = () => fail(new Error("no answer"));
  get("a");
  expect(cache.describe("a")).toMatchObject({ heldFor: 1000 });
});
