import { describe, expect, test } from "bun:test";
import { Deferred } from "../../../src/deferred/mod.ts";
import { Recent } from "../../../src/services/poems/recent.ts";
import { ManualClock } from "../../../src/time/manual-clock.ts";
import { outcome } from "../../support/outcome.ts";
import { valueOf } from "../../../src/deferred/testing.ts";

function setUp() {
  const clock = new ManualClock();
  const runs: Deferred<string>[] = [];
  const recent = new Recent(clock, 1000, () => {
    const run = new Deferred<string>();
    runs.push(run);
    return run;
  });
  return { clock, runs, recent };
}

describe("Recent", () => {
  test("shares a run among all callers while it is under way", () => {
    const { recent, runs } = setUp();
    const [first, second] = [recent.current(), recent.current()];
    expect(runs.length).toBe(1);
    runs[0]?.callback("a");
    expect([outcome(first), outcome(second)]).toEqual([{ value: "a" }, { value: "a" }]);
  });

  test("lets callers that need a later run wait for one, all for the same", () => {
    const { recent, runs } = setUp();
    const early = recent.next();
    const late = [recent.next(), recent.next()];
    expect(runs.length).toBe(1);
    runs[0]?.callback("a");
    expect(valueOf(early)).toEqual("a");
    expect(late.map(outcome)).toEqual(["waiting", "waiting"]);
    expect(runs.length).toBe(2);
    runs[1]?.callback("b");
    expect(late.map(outcome)).toEqual([{ value: "b" }, { value: "b" }]);
    expect(runs.length).toBe(2);
  });

  test("lets others join the run under way, not the one waiting for it", () => {
    const { recent, runs } = setUp();
    const [first, second, third] = [recent.next(), recent.next(), recent.current()];
    runs[0]?.callback("a");
    expect([first, second, third].map(outcome)).toEqual([{ value: "a" }, "waiting", { value: "a" }]);
    runs[1]?.callback("b");
  });

  test("keeps an outcome for a while, but no failure", () => {
    const { recent, runs, clock } = setUp();
    expect(recent.kept).toBeUndefined();
    void recent.current();
    clock.advance(500);
    runs[0]?.callback("a");
    clock.advance(999);
    expect(recent.kept).toBe("a");
    clock.advance(1);
    expect(recent.kept).toBeUndefined();
    const failed = recent.current();
    runs[1]?.errback(new Error("no"));
    expect(outcome(failed)).toMatchObject({ error: { message: "no" } });
    expect(recent.kept).toBeUndefined();
    void recent.current();
    expect(runs.length).toBe(3);
    expect(clock.pending).toBe(0);
  });

  test("continues for the others when one of them leaves", () => {
    const { recent, runs } = setUp();
    const [leaver, other] = [recent.current(), recent.current()];
    leaver.addErrback(() => {});
    leaver.cancel();
    runs[0]?.callback("a");
    expect(valueOf(other)).toEqual("a");
  });
});
