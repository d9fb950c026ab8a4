import { describe, expect, test } from "bun:test";
import { CancelledError, Deferred } from "../../../../src/deferred/mod.ts";
import { Names, type NamesOptions } from "../../../../src/services/fetch/upstreams/names.ts";
import { ManualClock } from "../../../../src/time/manual-clock.ts";
import { outcome } from "../../../support/outcome.ts";
import { failureOf, unfired, valueOf } from "../../../../src/deferred/testing.ts";

/** Names, and a resolver that answers when the test says so. */
function setUp(options: Partial<NamesOptions> = {}) {
  const clock = new ManualClock();
  const asked: Deferred<readonly string[]>[] = [];
  const failures: { host: string; addresses: readonly string[] }[] = [];
  const names = new Names({
    clock,
    ttl: 30_000,
    timeout: 5000,
    random: () => 0.5,
    lookUp() {
      const found = new Deferred<readonly string[]>();
      asked.push(found);
      return found;
    },
    failed: (host, _error, addresses) => failures.push({ host, addresses }),
    ...options,
  });
  const ask = () => names.addressesOf("poems.test");
  /** The state after a lookup at time 0. */
  const know = (...addresses: string[]) => {
    const found = ask();
    asked[0]?.callback(addresses);
    outcome(found);
  };
  return { clock, asked, failures, names, ask, know };
}

describe("Names", () => {
  test("looks up once for concurrent fetches, and uses the result for its ttl", () => {
    const { clock, asked, names, ask } = setUp();
    const both = [ask(), ask()];
    expect(asked).toHaveLength(1);
    expect(names.known("poems.test")).toBeUndefined();
    asked[0]?.callback(["127.0.0.1", "::1"]);
    expect(both.map(outcome)).toEqual([{ value: ["127.0.0.1", "::1"] }, { value: ["127.0.0.1", "::1"] }]);
    clock.advance(29_999);
    expect(valueOf(ask())).toEqual(["127.0.0.1", "::1"]);
    clock.advance(1);
    expect(names.known("poems.test")).toBeUndefined();
    unfired(ask());
    expect(asked).toHaveLength(2);
  });

  test("looks up each time with a ttl of 0, and never again with an infinite one", () => {
    for (const [ttl, times] of [
      [0, 2],
      [Infinity, 1],
    ] as const) {
      const { clock, asked, ask, know } = setUp({ ttl });
      know("127.0.0.1");
      clock.advance(10 ** 12);
      outcome(ask());
      expect(asked).toHaveLength(times);
    }
  });

  test("fails like the look-up if nothing is known, and tries again the next time", () => {
    const { asked, failures, ask } = setUp();
    const found = ask();
    const error = new Error("no such host");
    asked[0]?.errback(error);
    expect(failureOf(found)).toEqual(error);
    unfired(ask());
    expect(failures).toEqual([]);
  });

  test("uses the last good addresses if the look-up fails, and does not use the resolver for a while", () => {
    const { clock, asked, failures, ask, know } = setUp();
    know("127.0.0.1");
    clock.advance(30_000);
    for (const [number, hold] of [1000, 2000, 4000].entries()) {
      const found = ask();
      asked[number + 1]?.errback(new Error("the name server failed"));
      expect(valueOf(found)).toEqual(["127.0.0.1"]);
      clock.advance(hold - 1);
      expect(valueOf(ask())).toEqual(["127.0.0.1"]);
      expect(asked).toHaveLength(number + 2);
      clock.advance(1);
    }
    const told = { host: "poems.test", addresses: ["127.0.0.1"] };
    expect(failures).toEqual([told, told, told]);
    const found = ask();
    asked[4]?.callback(["127.0.0.2"]);
    expect(valueOf(found)).toEqual(["127.0.0.2"]);
  });

  test("waits no longer than the timeout", () => {
    const { clock, ask } = setUp();
    const found = ask();
    clock.advance(5000);
    expect(outcome(found)).toMatchObject({ error: { name: "TimeoutError", ms: 5000 } });
    expect(clock.pending).toBe(0);
  });

  test("continues a look-up for others when one gives up", () => {
    const { asked, ask } = setUp();
    const [one, other] = [ask(), ask()];
    one.cancel();
    expect(failureOf(one)).toEqual(expect.any(CancelledError));
    asked[0]?.callback(["127.0.0.1"]);
    expect(valueOf(other)).toEqual(["127.0.0.1"]);
  });

  test("puts the addresses of one family first, or uses no others", () => {
    const all = ["127.0.0.1", "::1", "127.0.0.2", "::2"];
    for (const [options, addresses] of [
      [{ prefer: 6 }, ["::1", "::2", "127.0.0.1", "127.0.0.2"]],
      [{ prefer: 4 }, ["127.0.0.1", "127.0.0.2", "::1", "::2"]],
      [{ only: 6 }, ["::1", "::2"]],
    ] as const) {
      const { names, know } = setUp(options);
      know(...all);
      expect(names.known("poems.test")).toEqual(addresses);
    }
  });

  test("fails if a name has no address at all", () => {
    const { asked, ask } = setUp();
    const found = ask();
    asked[0]?.callback([]);
    expect(failureOf(found)).toEqual(new Error("it has no address"));
  });

  test("fails if no address is of the only family that can be reached", () => {
    const { asked, ask } = setUp({ only: 6 });
    const found = ask();
    asked[0]?.callback(["127.0.0.1"]);
    expect(failureOf(found)).toEqual(new Error("it has no IPv6 address"));
  });
});
