import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { Cache } from "../../src/cache/cache.ts";
import type { Answer } from "../../src/cache/lookup.ts";
import type { Loaded } from "../../src/cache/load.ts";
import { Deferred } from "../../src/deferred/mod.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";
import { outcome } from "../support/outcome.ts";

/** Clients before the flight ends: up to more than one turn releases. */
const before = fc.nat(300);

/** Clients that come during the very call that passes a flight's outcome to a waiter, by that waiter's number. */
const within = fc.array(fc.nat(300), { maxLength: 100 });

test.each([
  ["with the answer kept", Infinity],
  ["with nothing kept", 0],
])("Cache.get() answers everyone who joins in the tick in which a flight ends, %s", (_what, ttl) => {
  let joins = 0;
  fc.assert(
    fc.property(before, within, fc.boolean(), (count, moments, succeeds) => {
      const clock = new ManualClock();
      const fetches: Deferred<Loaded>[] = [];
      const cache = newCache(clock, fetches);
      const poem: Loaded = { lifetime: { ttl, grace: 0 }, age: 0, number: 1 };
      const answers: Deferred<Answer<Loaded>>[] = [];
      const join = () => {
        joins++;
        const { answer } = cache.get("", undefined);
        answers.push(answer);
        return answer;
      };
      for (let i = 0; i <= count; i++) {
        join().addBoth((result) => {
          for (const moment of moments) if (moment === i) join();
          return result;
        });
      }
      while (cache.flights > 0 || clock.pending > 0) {
        const fetched = fetches.find(({ called }) => !called);
        if (succeeds) fetched?.callback(poem);
        else fetched?.errback(new Error("reset"));
        clock.turn();
      }
      const expected = succeeds
        ? { value: expect.objectContaining({ value: poem }) }
        : { error: new Error("reset") };
      for (const answer of answers) expect(outcome(answer)).toEqual(expected);
      expect(cache.waiters).toBe(0);
    }),
    { numRuns: 200 },
  );
  expect(joins).toBeGreaterThan(10_000);
});

/** A cache that adds what it fetches to `fetches`. */
function newCache(clock: ManualClock, fetches: Deferred<Loaded>[]): Cache<undefined, Loaded> {
  return new Cache({ clock, maxBytes: 10_000, maxEntries: Infinity, weigh: () => 4 }, () => {
    const fetched = new Deferred<Loaded>();
    fetches.push(fetched);
    return fetched;
  });
}
