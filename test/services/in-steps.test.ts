import { describe, expect, test } from "bun:test";
import { inSteps } from "../../src/services/in-steps.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";
import { outcome } from "../support/outcome.ts";
import { failureOf, valueOf } from "../../src/deferred/testing.ts";

/** Work of that many steps, which counts the completed ones. */
function work(steps: number, fails = false) {
  const done = { steps: 0 };
  function* run(): Generator<void, string> {
    for (;;) {
      if (++done.steps === steps) break;
      yield;
    }
    if (fails) throw new RangeError("no more");
    return "done";
  }
  return { done, run };
}

describe("inSteps()", () => {
  test("does the first step at once: short work has fired when it returns", () => {
    const clock = new ManualClock();
    expect(valueOf(inSteps(work(1).run(), clock))).toEqual("done");
    expect(clock.pending).toBe(0);
  });

  test("does each further step in a separate turn", () => {
    const clock = new ManualClock();
    const { done, run } = work(3);
    const deferred = inSteps(run(), clock);
    for (let steps = 1; steps < 3; steps++) {
      expect({ steps: done.steps, outcome: outcome(deferred) }).toEqual({ steps, outcome: "waiting" });
      clock.turn();
    }
    expect(valueOf(deferred)).toEqual("done");
    expect(clock.pending).toBe(0);
  });

  test.each([1, 2])("fails with what step %d throws", (steps) => {
    const clock = new ManualClock();
    const deferred = inSteps(work(steps, true).run(), clock);
    clock.turn();
    expect(failureOf(deferred)).toEqual(new RangeError("no more"));
    expect(clock.pending).toBe(0);
  });

  test("does nothing more once it is cancelled", () => {
    const clock = new ManualClock();
    const { done, run } = work(3);
    const deferred = inSteps(run(), clock);
    deferred.cancel();
    expect(outcome(deferred)).toMatchObject({ error: { name: "CancelledError" } });
    clock.turn();
    expect({ steps: done.steps, pending: clock.pending }).toEqual({ steps: 1, pending: 0 });
  });
});
