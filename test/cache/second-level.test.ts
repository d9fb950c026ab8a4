import { expect, test } from "bun:test";
import { Cache } from "../../src/cache/cache.ts";
import type { Wish } from "../../src/cache/load.ts";
import type { Lifetime } from "../../src/cache/freshness.ts";
import { Numbers } from "../../src/cache/numbers.ts";
import { LoadElsewhereError, through, type Portable } from "../../src/cache/second-level.ts";
import { CancelledError, Deferred } from "../../src/deferred/mod.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";
import { FakeLevel } from "../support/fake-level.ts";
import { outcome } from "../support/outcome.ts";
import { failureOf, unfired, valueOf } from "../../src/deferred/testing.ts";

/** A cache with a second level in front of the fetches that the test lands. */
function setUp(rules: Lifetime = { ttl: 1000, grace: 0 }) {
  const clock = new ManualClock();
  const level = new FakeLevel();
  const fetches: { readonly wish: Wish; readonly fetched: Deferred<Portable> }[] = [];
  const numbers = new Numbers(() => 1);
  const load = through<undefined, Portable>(level, { numbers, lifetimeOf: () => rules }, (_request, wish) => {
    const fetched = new Deferred<Portable>();
    fetches.push({ wish, fetched });
    return fetched;
  });
  const cache = new Cache<undefined, Portable>(
    { clock, random: () => 0.5, maxBytes: 10_000, maxEntries: Infinity, weigh: ({ bytes }) => bytes.length },
    load,
  );
  const get = () => {
    const { status, answer } = cache.get("key", undefined);
    const found = { answer: status };
    const text = answer.addCallback((served) => {
      found.answer = served.status;
      return Buffer.from(served.value.bytes).toString();
    });
    return Object.assign(found, { text });
  };
  /** Lands the fetch with that index. */
  const land = (index: number, text: string, lifetime: Lifetime = rules) => {
    const { wish, fetched } = fetches[index] as (typeof fetches)[number];
    const { number = 0 } = wish;
    fetched.callback({ bytes: Buffer.from(text), lifetime, age: 0, number, origin: "upstream" });
  };
  return { clock, level, fetches, numbers, cache, get, land };
}

test("through() loads what the level does not have, and stores it there", () => {
  const { level, fetches, get, land } = setUp();
  const asked = get();
  expect(fetches).toHaveLength(1);
  land(0, "poem");
  expect(valueOf(asked.text)).toEqual("poem");
  expect(asked.answer).toBe("miss");
  expect(level.told).toEqual(["get key > 0", "put key #1000"]);
});

test("through() answers from the level: a hit, with its age", () => {
  const { clock, level, fetches, cache, get } = setUp();
  level.has("key", { text: "poem", age: 900 });
  const asked = get();
  expect(valueOf(asked.text)).toEqual("poem");
  expect(asked.answer).toBe("hit");
  expect([fetches.length, cache.entries]).toEqual([0, 1]);
  clock.advance(99);
  expect(get().answer).toBe("hit");
  expect(level.told).toHaveLength(1); // A hit in memory touches no level.
  clock.advance(1);
  get();
  expect(fetches).toHaveLength(1);
});

test("through() lets concurrent requests wait for the level, too: they are coalesced", () => {
  const { level, get } = setUp();
  level.waiting = [];
  level.has("key", { text: "poem" });
  const [first, second] = [get(), get()];
  level.waiting[0]?.callback(level.find("key"));
  expect([outcome(first.text), outcome(second.text)]).toEqual([{ value: "poem" }, { value: "poem" }]);
  expect([first.answer, second.answer]).toEqual(["hit", "coalesced"]);
  expect(level.told).toHaveLength(1);
});

test("through() serves a value in its grace, and has it refreshed by a newer one", () => {
  const lifetime = { ttl: 1000, grace: 500 };
  const { level, fetches, get, land } = setUp(lifetime);
  level.has("key", { text: "old", age: 1200, number: 7, lifetime });
  const asked = get();
  expect(valueOf(asked.text)).toEqual("old");
  expect(asked.answer).toBe("stale");
  expect(fetches.map(({ wish }) => wish.cause)).toEqual(["refresh"]);
  land(0, "new");
  expect(valueOf(get().text)).toEqual("new");
  expect(level.told).toEqual(["get key > 0", "get key > 7", "put key #1001"]);
});

test("through() serves a stale entry of the level if the upstream fails, and holds the key down", () => {
  const lifetime = { ttl: 1000, grace: 0, staleIfError: 60_000 };
  const { level, fetches, get } = setUp(lifetime);
  level.has("key", { text: "old", age: 30_000, number: 7, lifetime });
  const asked = get();
  unfired(asked.text);
  fetches[0]?.fetched.errback(new Error("down"));
  expect(valueOf(asked.text)).toEqual("old");
  expect(asked.answer).toBe("stale");
  expect(get().answer).toBe("stale");
  expect(fetches).toHaveLength(1);
  expect(level.told.at(-1)).toBe("turn of key fails: down");
});

test("through() serves nothing from the level for longer than the present rules allow", () => {
  const { level, fetches, get } = setUp({ ttl: 100, grace: 0 });
  level.has("key", { text: "poem", age: 99, number: 3, lifetime: { ttl: 9000, grace: 9000 } });
  expect(get().answer).toBe("hit");
  const later = setUp({ ttl: 100, grace: 0 });
  later.level.has("key", { text: "poem", age: 100, number: 3, lifetime: { ttl: 9000, grace: 9000 } });
  expect(later.get().answer).toBe("miss");
  expect(later.level.told).toEqual(["get key > 0", "get key > 3"]);
  expect([fetches.length, later.fetches.length]).toEqual([0, 1]);
});

test("through() bypasses a level that fails, and tells it afterwards what is outdated", () => {
  const { level, get, land } = setUp();
  level.failure = new Error("disk on fire");
  const asked = get();
  land(0, "poem");
  expect(valueOf(asked.text)).toEqual("poem");
  expect(asked.answer).toBe("miss");
  expect(level.told).toEqual(["get key > 0", "drop key < 1000"]);
});

test("through() makes the level drop what is older than an answer that is not kept", () => {
  const { level, get, land } = setUp();
  get();
  land(0, "no such name", { ttl: 0, grace: 0 });
  expect(level.told).toEqual(["get key > 0", "turn drops key < 1000"]);
});

test("through() fails all waiters together if the load of another node fails", () => {
  const { level, fetches, get } = setUp();
  level.failure = new LoadElsewhereError("elsewhere", "upstream/connect/refused");
  expect(failureOf(get().text)).toEqual(level.failure);
  expect(fetches).toHaveLength(0);
});

test("through() gives a load the number that the level requires, and no smaller one afterwards", () => {
  const { level, fetches, numbers, get, land } = setUp();
  level.number = 5_000_000;
  const asked = get();
  expect(fetches[0]?.wish.number).toBe(5_000_000);
  land(0, "poem");
  expect(valueOf(asked.text)).toEqual("poem");
  expect(numbers.next()).toBe(5_000_001);
});

test("through() stops asking when the last waiter has left", () => {
  const { level, fetches } = setUp();
  level.waiting = [];
  const load = through<undefined, Portable>(
    level,
    { numbers: new Numbers(() => 0), lifetimeOf: () => ({ ttl: 1, grace: 0 }) },
    () => new Deferred<Portable>(),
  );
  const loaded = load(undefined, { cause: "miss", newerThan: 0, begun: () => {} }, "key");
  loaded.cancel();
  expect(failureOf(loaded)).toEqual(expect.any(CancelledError));
  expect(fetches).toHaveLength(0);
  expect(level.told).toEqual(["get key > 0"]);
});

test("through() reads one level after another, and stores in the first what the second has", () => {
  const [near, far] = [new FakeLevel(), new FakeLevel()];
  const options = { numbers: new Numbers(() => 0), lifetimeOf: () => ({ ttl: 1000, grace: 0 }) };
  far.has("key", { text: "poem", number: 9, age: 10 });
  const load = through<undefined, Portable>(
    near,
    options,
    through<undefined, Portable>(far, options, () => new Deferred<Portable>()),
  );
  const loaded = load(undefined, { cause: "miss", newerThan: 0, begun: () => {} }, "key");
  expect(valueOf(loaded)).toEqual(expect.objectContaining({ number: 9, age: 10, foundAs: "hit" }));
  expect(near.told).toEqual(["get key > 0", "put key #9"]);
});
