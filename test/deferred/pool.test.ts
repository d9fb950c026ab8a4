import { expect, expectTypeOf, test } from "bun:test";
import { CancelledError, Deferred, DeferredPool, fail, succeed } from "../../src/deferred/mod.ts";
import { failureOf, unfired, valueOf } from "../../src/deferred/testing.ts";
import { leaveNothingUnhandled } from "./outcome.ts";

leaveNothingUnhandled();

test("DeferredPool.whenEmpty() fires when all that were added have fired, at once if there are none", () => {
  const pool = new DeferredPool();
  expect(valueOf(pool.whenEmpty())).toBeUndefined();
  const [first, second] = [pool.add(new Deferred<string>()), pool.add(new Deferred<string>())];
  expectTypeOf(first).toEqualTypeOf<Deferred<string>>();
  const empty = [pool.whenEmpty(), pool.whenEmpty()];
  first.callback("a");
  expect(pool.size).toBe(1);
  for (const each of empty) unfired(each);
  second.callback("b");
  expect({ size: pool.size, fired: empty.every((each) => each.called) }).toEqual({ size: 0, fired: true });
  expect([valueOf(first), valueOf(second)]).toEqual(["a", "b"]);
});

test("DeferredPool.add() leaves failures where they are, and does not keep what has fired", () => {
  const pool = new DeferredPool();
  const error = new Error("x");
  expect(failureOf(pool.add(fail(error)))).toBe(error);
  pool.add(succeed(1));
  expect(pool.size).toBe(0);
});

test("DeferredPool.cancel() cancels every member; cancelling whenEmpty() does not affect them", () => {
  const pool = new DeferredPool();
  const members = [pool.add(new Deferred()), pool.add(new Deferred())];
  const waiting = pool.whenEmpty();
  waiting.cancel();
  failureOf(waiting);
  expect(pool.size).toBe(2);
  pool.cancel("stop");
  for (const each of members) expect(failureOf(each, CancelledError).cause).toBe("stop");
  expect(valueOf(pool.whenEmpty())).toBeUndefined();
});

test("DeferredPool.add() rejects anything but a Deferred", () => {
  expect(() => new DeferredPool().add(5 as never)).toThrow("Cannot add(5): not a Deferred");
});
