import { expect, expectTypeOf, test } from "bun:test";
import {
  CancelledError,
  Deferred,
  DeferredLock,
  DeferredSemaphore,
  fail,
  succeed,
  TooManyWaitingError,
} from "../../src/deferred/mod.ts";
import { failureOf, unfired, valueOf } from "../../src/deferred/testing.ts";
import { leaveNothingUnhandled, noteIn } from "./outcome.ts";

leaveNothingUnhandled();

const mixed = (flag: boolean) => new DeferredLock().run(() => (flag ? Number("1") : succeed("a")));

const error = new RangeError("too far");

test("DeferredLock.acquire() 6.1 fires with the lock at once if it is free, otherwise in turn", () => {
  const lock = new DeferredLock();
  const order: number[] = [];
  expect(lock.locked).toBe(false);
  expect(valueOf(lock.acquire())).toBe(lock);
  expect(lock.locked).toBe(true);
  for (const n of [1, 2]) lock.acquire().addCallback(() => void order.push(n));
  expect(order).toEqual([]);
  lock.release();
  expect({ order, locked: lock.locked }).toEqual({ order: [1], locked: true });
  lock.release();
  expect({ order, locked: lock.locked }).toEqual({ order: [1, 2], locked: true });
  lock.release();
  expect(lock.locked).toBe(false);
});

test("DeferredLock.release() 6.2 throws if the lock is free", () => {
  const lock = new DeferredLock();
  expect(() => lock.release()).toThrow("Cannot release what nobody has acquired");
  lock.acquire();
  lock.release();
  expect(() => lock.release()).toThrow("nobody has acquired");
});

test("DeferredLock.run() 6.3 releases when the Deferred of the function has fired, and passes on its value", () => {
  const lock = new DeferredLock();
  const working = new Deferred<string>();
  const args: unknown[] = [];
  const d = lock.run(
    (...given: number[]) => {
      args.push(...given);
      return working;
    },
    1,
    2,
  );
  expect({ args, locked: lock.locked }).toEqual({ args: [1, 2], locked: true });
  const next = lock.acquire();
  working.callback("done");
  expect(valueOf(d)).toBe("done");
  expect(valueOf(next)).toBe(lock);
  lock.release();
  expect(lock.locked).toBe(false);
});

test("DeferredLock.run() 6.3 releases after a failure, too, and passes it on", () => {
  const lock = new DeferredLock();
  expect(failureOf(lock.run(() => fail(error)))).toBe(error);
  const thrown = lock.run(() => {
    throw error;
  });
  expect(failureOf(thrown)).toBe(error);
  expect(lock.locked).toBe(false);
});

test("DeferredLock.run() 6.3 rejects anything but a function, and stays free", () => {
  const lock = new DeferredLock();
  expect(() => (lock.run as (fn?: unknown) => void)()).toThrow(TypeError);
  expect(lock.locked).toBe(false);
});

test("DeferredLock.run() 6.3 cancelled while it waits never calls the function", () => {
  const lock = new DeferredLock();
  lock.acquire();
  const notes: unknown[] = [];
  const d = lock.run(() => void notes.push("called"));
  d.cancel();
  expect(failureOf(d)).toBeInstanceOf(CancelledError);
  lock.release();
  expect({ notes, locked: lock.locked }).toEqual({ notes: [], locked: false });
});

test("DeferredLock.run() 6.3 cancelled while the function is under way cancels that, then releases", () => {
  const lock = new DeferredLock();
  const lockedThen: boolean[] = [];
  const working = new Deferred<string>((each) => {
    lockedThen.push(lock.locked);
    each.errback(error);
  });
  const d = lock.run(() => working);
  d.cancel();
  expect(failureOf(d)).toBe(error);
  expect({ lockedThen, locked: lock.locked }).toEqual({ lockedThen: [true], locked: false });
});

test("DeferredLock.acquire() 6.4 can be cancelled while it waits, but not after it has fired", () => {
  const lock = new DeferredLock();
  const holding = lock.acquire();
  const waiting = lock.acquire();
  const behind = lock.acquire();
  holding.cancel();
  waiting.cancel();
  expect(lock.locked).toBe(true);
  expect(failureOf(waiting)).toBeInstanceOf(CancelledError);
  unfired(behind);
  lock.release();
  expect(behind.called).toBe(true);
  expect(valueOf(holding)).toBe(lock);
  lock.release();
});

test("DeferredLock.release() 6.4 in a callback skips a waiter that was cancelled meanwhile", () => {
  const lock = new DeferredLock();
  lock.acquire();
  const first = lock.acquire();
  const second = lock.acquire();
  first.addCallback(() => {
    lock.release();
    second.cancel();
  });
  lock.release();
  expect(failureOf(second)).toBeInstanceOf(CancelledError);
  expect(lock.locked).toBe(false);
});

test("DeferredSemaphore 6.5 rejects less than one token", () => {
  for (const tokens of [0, -1, Number.NaN]) expect(() => new DeferredSemaphore(tokens)).toThrow(RangeError);
});

test("DeferredSemaphore 6.5 admits as many as it has tokens; a waiter gets a token without it being free in between", () => {
  const semaphore = new DeferredSemaphore(3);
  let inside = 0;
  for (let n = 0; n < 3; n++) semaphore.acquire().addCallback(() => void inside++);
  expect({ inside, tokens: semaphore.tokens, limit: semaphore.limit }).toEqual({
    inside: 3,
    tokens: 0,
    limit: 3,
  });
  const cancelled = semaphore.acquire();
  cancelled.cancel();
  expect(failureOf(cancelled)).toBeInstanceOf(CancelledError);
  const tokens: number[] = [];
  semaphore.acquire().addCallback(() => void tokens.push(semaphore.tokens));
  semaphore.release();
  expect({ tokens, left: semaphore.tokens }).toEqual({ tokens: [0], left: 0 });
  for (let n = 0; n < 3; n++) semaphore.release();
  expect(semaphore.tokens).toBe(3);
});

test("DeferredSemaphore.release() 6.5 throws beyond the limit", () => {
  const semaphore = new DeferredSemaphore(2);
  expect(() => semaphore.release()).toThrow("Cannot release what nobody has acquired");
});

test("DeferredSemaphore.acquire() 6.5 that has fired is not affected by a cancel", () => {
  const semaphore = new DeferredSemaphore(1);
  const holding = semaphore.acquire();
  holding.cancel();
  expect(valueOf(holding)).toBe(semaphore);
  expect(semaphore.tokens).toBe(0);
});

test("DeferredSemaphore.run() 6.5 passes the outcome on and gives the token back", () => {
  const semaphore = new DeferredSemaphore(13);
  const working = new Deferred<string>();
  const d = semaphore.run(() => working);
  expect(semaphore.tokens).toBe(12);
  working.callback("done");
  expect(valueOf(d)).toBe("done");
  expect(semaphore.tokens).toBe(13);
});

test("DeferredLock.release() 6.7 inside a waiter's callback admits the next one when that has returned", () => {
  const lock = new DeferredLock();
  const notes: unknown[] = [];
  lock.acquire();
  lock.acquire().addCallback(() => {
    lock.release();
    notes.push(`first, locked: ${lock.locked}`);
  });
  lock.acquire().addCallback(() => noteIn(notes)("second"));
  lock.release();
  expect(notes).toEqual(["first, locked: true", "second"]);
  lock.release();
  expect(lock.locked).toBe(false);
});

test("DeferredLock.release() 6.7 inside the last waiter's callback frees the lock at once", () => {
  const lock = new DeferredLock();
  const lockedThen: boolean[] = [];
  lock.acquire();
  lock.acquire().addCallback(() => {
    lock.release();
    lockedThen.push(lock.locked);
  });
  lock.release();
  expect(lockedThen).toEqual([false]);
});

test("DeferredSemaphore(Infinity) 6.5 admits everybody", () => {
  const semaphore = new DeferredSemaphore(Infinity);
  expect(valueOf(semaphore.run(() => 5))).toBe(5);
  expect(semaphore.tokens).toBe(Infinity);
  expect(() => semaphore.release()).toThrow("nobody has acquired");
});

test("DeferredLock.release() 6.1 skips a waiter that was fired by other code", () => {
  const lock = new DeferredLock();
  lock.acquire();
  const [fired, waiting] = [lock.acquire(), lock.acquire()];
  fired.callback(lock);
  lock.release();
  expect(valueOf(waiting)).toBe(lock);
});

test("DeferredSemaphore.limit admits waiters when it is raised, and evicts nobody when it is lowered", () => {
  const semaphore = new DeferredSemaphore(1);
  const order: number[] = [];
  for (const n of [1, 2, 3, 4, 5]) semaphore.acquire().addCallback(() => void order.push(n));
  semaphore.limit = 3;
  expect({ order, waiting: semaphore.waiting, tokens: semaphore.tokens }).toEqual({
    order: [1, 2, 3],
    waiting: 2,
    tokens: 0,
  });
  semaphore.limit = 1;
  semaphore.release();
  semaphore.release();
  expect({ order, limit: semaphore.limit, tokens: semaphore.tokens }).toEqual({
    order: [1, 2, 3],
    limit: 1,
    tokens: 0,
  });
  semaphore.release();
  expect(order).toEqual([1, 2, 3, 4]);
  semaphore.limit = Infinity;
  expect(order).toEqual([1, 2, 3, 4, 5]);
  semaphore.release();
  semaphore.release();
  expect(() => semaphore.release()).toThrow("nobody has acquired");
});

test("DeferredSemaphore.limit rejects an invalid limit, and may be raised by a waiter that is being admitted", () => {
  const semaphore = new DeferredSemaphore(1);
  expect(() => (semaphore.limit = 0)).toThrow(
    "Cannot set limit to 0: whole numbers or Infinity are needed, 1 or more",
  );
  const order: number[] = [];
  semaphore.acquire();
  semaphore.acquire().addCallback(() => {
    semaphore.limit = 2;
    order.push(1);
  });
  semaphore.acquire().addCallback(() => void order.push(2));
  semaphore.release();
  expect(order).toEqual([1, 2]);
});

test("DeferredSemaphore.acquire() and run() fail when enough wait already", () => {
  const semaphore = new DeferredSemaphore(1, { maxWaiting: 1 });
  const calls: string[] = [];
  semaphore.acquire();
  const waiting = semaphore.run(() => void calls.push("second"));
  const crowded = semaphore.run(() => void calls.push("third"));
  expect(failureOf(crowded, TooManyWaitingError).message).toBe("Cannot acquire: 1 of 1 callers wait already");
  waiting.cancel();
  failureOf(waiting);
  expect(semaphore.waiting).toBe(0);
  const next = semaphore.run(() => void calls.push("fourth"));
  semaphore.release();
  expect([next.called, calls]).toEqual([true, ["fourth"]]);
  expect(() => new DeferredLock({ maxWaiting: -1 })).toThrow("Cannot set maxWaiting to -1");
  expect(
    failureOf(new DeferredSemaphore(1, { maxWaiting: 0 }).acquire().addCallback((s) => s.acquire())),
  ).toBeInstanceOf(TooManyWaitingError);
});

test("DeferredLock.run() accepts functions that return several types, some of them as a Deferred", () => {
  expectTypeOf(mixed(true)).toEqualTypeOf<Deferred<number | string>>();
  expect([valueOf(mixed(true)), valueOf(mixed(false))]).toEqual([1, "a"]);
});

test("DeferredLock.waiting is the number of waiters", () => {
  const lock = new DeferredLock();
  lock.acquire();
  const waiters = [lock.acquire(), lock.acquire()];
  expect(lock.waiting).toBe(2);
  waiters[0]!.cancel();
  failureOf(waiters[0]!);
  lock.release();
  expect(lock.waiting).toBe(0);
  lock.release();
});
