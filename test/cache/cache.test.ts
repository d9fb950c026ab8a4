import { expect, test } from "bun:test";
import { Cache, type CacheOptions, type NotKept } from "../../src/cache/cache.ts";
import type { Loaded, Wish } from "../../src/cache/load.ts";
import type { Lifetime } from "../../src/cache/freshness.ts";
import { CancelledError, Deferred } from "../../src/deferred/mod.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";
import { outcome } from "../support/outcome.ts";
import { failureOf, unfired, valueOf } from "../../src/deferred/testing.ts";

/** A poem that knows its lifetime. */
interface Poem extends Loaded {
  readonly text: string;
}

function setUp({
  ttl = 1000,
  grace = 0,
  staleIfError = 0,
  lifetimeOf = () => ({ ttl, grace, staleIfError }),
  queues = false,
  ...options
}: Partial<CacheOptions<Poem> & Lifetime> & {
  readonly lifetimeOf?: (text: string) => Lifetime;
  /** Whether fetches are queued until a test lets them begin. */
  readonly queues?: boolean;
} = {}) {
  const clock = new ManualClock();
  const fetches: Deferred<Poem>[] = [];
  const wishes: Wish[] = [];
  const notKept: NotKept[] = [];
  const poem = (text: string, number: number): Poem => ({
    text,
    lifetime: lifetimeOf(text),
    age: 0,
    number,
  });
  /** A get resolves when the test lands its fetch, unless the answer is in the cache already. */
  const cache = new Cache<string | undefined, Poem>(
    {
      clock,
      random: () => 0.5,
      maxBytes: 10_000,
      maxEntries: Infinity,
      weigh: ({ text }) => text.length,
      notKept: (_value, why) => notKept.push(why),
      ...options,
    },
    (there, wish) => {
      wishes.push(wish);
      if (!queues) wish.begun();
      const fetched = new Deferred<Poem>();
      fetches.push(fetched);
      if (there !== undefined) fetched.callback(poem(there, fetches.length));
      return fetched;
    },
  );
  const get = (key = "key", there?: string) => {
    const { status, answer } = cache.get(key, there);
    /** How the get was answered, or will be, as far as that is known. */
    const found = { answer: status };
    const value = answer.addCallback((served) => {
      found.answer = served.status;
      return served.value.text;
    });
    return Object.assign(found, { value });
  };
  /** Lands the fetch with that number. */
  const land = (index: number, text: string) => fetches[index]?.callback(poem(text, index + 1));
  return { clock, cache, fetches, wishes, notKept, get, land };
}

test("Cache.get() misses, coalesces, then hits until the ttl is over", () => {
  const { clock, get, land, fetches } = setUp();
  const first = get();
  const second = get();
  expect([first.answer, second.answer]).toEqual(["miss", "coalesced"]);
  land(0, "poem");
  expect(valueOf(first.value)).toEqual("poem");
  expect(valueOf(second.value)).toEqual("poem");
  clock.advance(999);
  const hit = get();
  expect(hit.answer).toBe("hit");
  expect(valueOf(hit.value)).toEqual("poem"); // Within the same turn of the loop.
  clock.advance(1);
  expect(get().answer).toBe("miss");
  expect(fetches).toHaveLength(2);
});

test("Cache.get() counts the age from when the answer was complete", () => {
  const { clock, get, land } = setUp();
  get();
  clock.advance(5000);
  land(0, "poem");
  clock.advance(999);
  expect(get().answer).toBe("hit");
});

test("Cache.get() with ttl 0 shares the fetch under way and keeps nothing", () => {
  const { cache, get, land } = setUp({ ttl: 0 });
  expect([get().answer, get().answer]).toEqual(["miss", "coalesced"]);
  land(0, "poem");
  expect(cache.entries).toBe(0);
  expect(get().answer).toBe("miss");
});

test("Cache.get() gives each value its own lifetime", () => {
  const { get, clock } = setUp({ lifetimeOf: (value) => ({ ttl: value.length, grace: 0 }) });
  const ask = (key: string) => get(key, key).answer;
  for (const key of ["a", "bb"]) ask(key);
  clock.advance(1);
  expect([ask("a"), ask("bb")]).toEqual(["miss", "hit"]);
});

test("Cache.get() with an infinite ttl serves forever", () => {
  const { clock, get, land } = setUp({ ttl: Infinity });
  get();
  land(0, "poem");
  clock.advance(1e15);
  expect(get().answer).toBe("hit");
});

test("Cache.get() never stores a failure: the next request fetches again", () => {
  const { cache, fetches, get } = setUp();
  const { value } = get();
  fetches[0]?.errback(new Error("reset"));
  expect(failureOf(value)).toEqual(expect.any(Error));
  expect(cache.entries).toBe(0);
  expect(get().answer).toBe("miss");
  expect(fetches).toHaveLength(2);
});

test("Cache.get() within the grace serves stale at once and refreshes in the background, once", () => {
  const { clock, get, land, fetches } = setUp({ grace: 500 });
  get();
  land(0, "old");
  clock.advance(1200);
  const stale = [get(), get()];
  expect(stale.map(({ answer }) => answer)).toEqual(["stale", "stale"]);
  expect(valueOf((stale[0] as (typeof stale)[0]).value)).toEqual("old");
  expect(fetches).toHaveLength(2);
  land(1, "new");
  expect(valueOf(get().value)).toEqual("new");
});

test("Cache.get() keeps the old entry when a refresh fails", () => {
  const { clock, fetches, get, land } = setUp({ grace: 500 });
  get();
  land(0, "old");
  clock.advance(1200);
  get();
  fetches[1]?.errback(new Error("refused"));
  expect(valueOf(get().value)).toEqual("old");
});

test("Cache.get() retries a failed refresh after 1 s, 2 s, 4 s … 30 s, and serves stale meanwhile", () => {
  const { clock, fetches, get, land } = setUp({ grace: Infinity });
  get();
  land(0, "old");
  clock.advance(1000);
  for (const seconds of [1, 2, 4, 8, 16, 30, 30]) {
    const before = fetches.length;
    get();
    fetches[before]?.errback(new Error("refused"));
    clock.advance(seconds * 1000 - 1);
    expect(get().answer).toBe("stale");
    expect(fetches).toHaveLength(before + 1);
    clock.advance(1);
  }
  get();
  land(fetches.length - 1, "new");
  expect(valueOf(get().value)).toEqual("new");
});

test("Cache.get() past the grace serves the stale answer only if the fetch fails", () => {
  const { clock, fetches, get, land } = setUp({ grace: 500, staleIfError: 10_000 });
  get();
  land(0, "old");
  clock.advance(2000);
  const [first, second] = [get(), get()];
  expect([first.answer, second.answer]).toEqual(["miss", "coalesced"]);
  fetches[1]?.errback(new Error("refused"));
  expect(valueOf(first.value)).toEqual("old");
  expect([first.answer, second.answer]).toEqual(["stale", "stale"]);
  expect(get().answer).toBe("stale"); // Immediately: the upstream is held down.
  clock.advance(1000);
  const next = get();
  land(2, "new");
  expect(valueOf(next.value)).toEqual("new");
  expect(next.answer).toBe("miss");
});

test("Cache.get() serves no expired answer, whatever happens", () => {
  const { clock, fetches, get, land } = setUp({ staleIfError: 5000 });
  get();
  land(0, "old");
  clock.advance(6000);
  const { value } = get();
  fetches[1]?.errback(new Error("refused"));
  expect(failureOf(value)).toEqual(expect.any(Error));
});

test("Cache.get() waits for a fresh answer no longer than stale-after; the fetch continues", () => {
  const { clock, cache, get, land } = setUp({ staleIfError: 10_000, staleAfter: 300 });
  get();
  land(0, "old");
  clock.advance(2000);
  const slow = get();
  clock.advance(299);
  unfired(slow.value);
  clock.advance(1);
  expect(valueOf(slow.value)).toEqual("old");
  expect(slow.answer).toBe("stale");
  expect(cache.waiters).toBe(0);
  land(1, "new");
  expect(valueOf(get().value)).toEqual("new");
  expect(clock.pending).toBe(0);
});

test("Cache.get() forgets a client that leaves while a stale answer stands by", () => {
  const { clock, get, land } = setUp({ staleIfError: 10_000, staleAfter: 300 });
  get();
  land(0, "old");
  clock.advance(2000);
  const { value } = get();
  value.cancel();
  expect(failureOf(value)).toEqual(expect.any(CancelledError));
  expect(clock.pending).toBe(0);
});

test("Cache.get() refreshes an entry that is hit in the last part of its ttl, once, and serves it meanwhile", () => {
  const { clock, fetches, get, land } = setUp({ refreshAhead: 0.1 });
  get();
  land(0, "old");
  clock.advance(899);
  get();
  expect(fetches).toHaveLength(1);
  clock.advance(1);
  expect([get().answer, get().answer]).toEqual(["hit", "hit"]);
  expect(fetches).toHaveLength(2);
  land(1, "new");
  expect(valueOf(get().value)).toEqual("new");
  clock.advance(899);
  expect(get().answer).toBe("hit");
});

test.each([0.1, 1])(
  "Cache.get() never refreshes ahead what is kept forever (refreshAhead %p)",
  (refreshAhead) => {
    const { clock, fetches, get, land } = setUp({ ttl: Infinity, refreshAhead });
    get();
    land(0, "poem");
    for (let i = 0; i < 3; i++) {
      clock.advance(1e9);
      expect(get().answer).toBe("hit");
    }
    expect(fetches).toHaveLength(1);
  },
);

test("Cache.get() past the grace waits for the flight that is under way", () => {
  const { clock, get, land } = setUp({ grace: 500 });
  get();
  land(0, "old");
  clock.advance(1200);
  get();
  clock.advance(1000);
  const late = get();
  expect(late.answer).toBe("coalesced");
  land(1, "new");
  expect(valueOf(late.value)).toEqual("new");
});

test("Cache.get() stores before its waiters fire: one that asks again gets a hit", () => {
  const { get, land } = setUp();
  const answers: string[] = [];
  get().value.addCallback(() => void answers.push(get().answer));
  land(0, "poem");
  expect(answers).toEqual(["hit"]);
});

test("Cache.purge() during a fetch: waiters get the answer, but it is not stored", () => {
  const { cache, get, land } = setUp();
  const { value } = get();
  cache.purge();
  land(0, "before the purge");
  expect(valueOf(value)).toEqual("before the purge");
  expect(cache.entries).toBe(0);
  get();
  land(1, "after the purge");
  expect(get().answer).toBe("hit");
});

test("Cache.get() delivers an answer that the store has no room for", () => {
  const { cache, get, land } = setUp({ maxBytes: 300 });
  const { value } = get();
  land(0, "x".repeat(400));
  expect(valueOf(value)).toEqual("x".repeat(400));
  expect(cache.entries).toBe(0);
});

test("Cache.get() continues a fetch whose waiters have left, and stores its answer", () => {
  const { cache, get, land } = setUp();
  const { value } = get();
  value.cancel();
  outcome(value);
  expect(cache.flights).toBe(1);
  land(0, "poem");
  expect(get().answer).toBe("hit");
});

test("Cache drops an older entry when a newer value arrives that is not kept, for whatever reason", () => {
  const lifetimes: Record<string, Lifetime> = {
    down: { ttl: 0, grace: 0, notKept: "no_store" },
    brief: { ttl: 0, grace: 0 },
  };
  const huge = "huge".repeat(3000);
  for (const news of ["down", "brief", huge]) {
    const { clock, cache, fetches, get, land } = setUp({
      lifetimeOf: (text) => lifetimes[text] ?? { ttl: 1000, grace: 10_000 },
    });
    get();
    land(0, "up");
    clock.advance(1000);
    expect(get().answer).toBe("stale");
    land(1, news);
    expect(cache.entries).toBe(0);
    const waiting = get();
    expect(waiting.answer).toBe("miss");
    land(2, "up again");
    expect(valueOf(waiting.value)).toEqual("up again");
    expect(fetches).toHaveLength(3);
  }
});

test("Cache.get() cancels a fetch that has not begun when its last waiter leaves", () => {
  const { cache, get, wishes } = setUp({ queues: true });
  const [one, other] = [get(), get()];
  one.value.cancel();
  outcome(one.value);
  expect(cache.flights).toBe(1);
  other.value.cancel();
  outcome(other.value);
  expect(cache.flights).toBe(0);
  expect(get().answer).toBe("miss");
  wishes[1]?.begun();
  expect(cache.flights).toBe(1);
});

test("Cache.get() keeps a fetch in the queue whose clients left with the stale answer", () => {
  const { clock, cache, get, land } = setUp({ queues: true, staleIfError: 10_000, staleAfter: 300 });
  get();
  land(0, "old");
  clock.advance(1000);
  const waiting = get();
  clock.advance(300);
  expect(valueOf(waiting.value)).toEqual("old");
  expect(cache.flights).toBe(1);
  land(1, "new");
  expect(valueOf(get().value)).toEqual("new");
});
