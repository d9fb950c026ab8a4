import { expect, test } from "bun:test";
import { CancelledError, cooperate, Deferred, inTurns } from "../../src/deferred/mod.ts";
import { failureOf, ManualClock, unfired, valueOf } from "../../src/deferred/testing.ts";
import { leaveNothingUnhandled } from "./outcome.ts";

leaveNothingUnhandled();

test("cooperate() takes a batch of steps per turn, and fires with the returned value", () => {
  const clock = new ManualClock();
  let steps = 0;
  function* counting(): Generator<undefined, string, undefined> {
    for (; steps < 5; steps++) yield;
    return "counted";
  }
  const d = cooperate(counting(), { batch: 2, clock });
  const seen = [steps];
  for (let turn = 0; turn < 2; turn++) {
    clock.turn();
    seen.push(steps);
  }
  expect(seen).toEqual([1, 3, 5]);
  expect(valueOf(d)).toBe("counted");
});

test("cooperate() waits for a yielded Deferred or Promise", async () => {
  const gate = new Deferred<void>();
  const d = cooperate(
    (function* () {
      yield gate;
      yield Promise.resolve();
      return "through";
    })(),
  );
  unfired(d);
  gate.callback();
  expect(await d).toBe("through");
});

test("cooperate() ends the steps when it is cancelled, and fails with what they throw", () => {
  const clock = new ManualClock();
  let ended = 0;
  const endless = (function* () {
    try {
      for (;;) yield;
    } finally {
      ended++;
    }
  })();
  const d = cooperate(endless, { clock });
  d.cancel();
  clock.turn();
  expect(failureOf(d)).toBeInstanceOf(CancelledError);
  expect(ended).toBe(1);
  const broken = cooperate(
    (function* (): Generator<undefined, void, undefined> {
      yield;
      throw new RangeError("x");
    })(),
  );
  expect(failureOf(broken, RangeError).message).toBe("x");
});

test("inTurns() is called with every item, in order, a batch per turn; a cancel skips the rest", () => {
  const clock = new ManualClock();
  const seen: number[] = [];
  const d = inTurns([1, 2, 3], (n) => void seen.push(n), { batch: 2, clock });
  expect(seen).toEqual([1, 2]);
  clock.turn();
  expect(seen).toEqual([1, 2, 3]);
  expect(valueOf(d)).toBeUndefined();
  const cancelled = inTurns([4, 5, 6], (n) => void seen.push(n), { batch: 1, clock });
  cancelled.cancel();
  clock.turn();
  expect(seen).toEqual([1, 2, 3, 4]);
  failureOf(cancelled);
});

test("cooperate() and inTurns() reject invalid arguments", () => {
  expect(() => cooperate({} as never)).toThrow(
    "Cannot cooperate([object Object]): not an object with next()",
  );
  expect(() => inTurns([], 1 as never)).toThrow("Cannot inTurns(1): not a function");
  expect(() => inTurns([], () => {}, { batch: 0 })).toThrow(
    "Cannot set batch to 0: whole numbers or Infinity are needed, 1 or more",
  );
});
