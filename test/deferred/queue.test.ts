import { expect, test } from "bun:test";
import {
  CancelledError,
  Deferred,
  DeferredQueue,
  QueueClosedError,
  QueueOverflowError,
  QueueUnderflowError,
  unhandledErrors,
} from "../../src/deferred/mod.ts";
import { failureOf, unfired, valueOf } from "../../src/deferred/testing.ts";
import { leaveNothingUnhandled, noteIn } from "./outcome.ts";

leaveNothingUnhandled();

const putAll = <V>(into: DeferredQueue<V>, items: V[]): void => items.forEach((item) => into.put(item));

test("DeferredQueue.get() 6.6 waits for an item; put() fires the oldest waiter", () => {
  const queue = new DeferredQueue<string>();
  const notes: unknown[] = [];
  for (const name of ["first", "second"]) queue.get().addCallback(noteIn(notes, name));
  queue.put("a");
  expect(notes).toEqual(["first: a"]);
  queue.put("b");
  expect(notes).toEqual(["first: a", "second: b"]);
});

test("DeferredQueue.put() 6.6 stores items for later; get() takes the oldest", () => {
  const queue = new DeferredQueue<string>();
  queue.put("a");
  queue.put("b");
  expect(queue.length).toBe(2);
  expect([valueOf(queue.get()), valueOf(queue.get())]).toEqual(["a", "b"]);
});

test("DeferredQueue.put() 6.6 throws QueueOverflowError when it is full", () => {
  const queue = new DeferredQueue<number>(2, 2);
  queue.put(1);
  queue.put(2);
  expect(() => queue.put(3)).toThrow(QueueOverflowError);
  expect(() => queue.put(3)).toThrow("2 of 2 items wait already");
});

test("DeferredQueue.get() 6.6 throws QueueUnderflowError when too many wait", () => {
  const queue = new DeferredQueue<number>(2, 2);
  const waiting = [queue.get(), queue.get()];
  expect(() => queue.get()).toThrow(QueueUnderflowError);
  queue.put(1);
  queue.put(2);
  expect(waiting.map((each) => each.result)).toEqual([1, 2]);
});

test("DeferredQueue 6.6 accepts 0 as a limit", () => {
  expect(() => new DeferredQueue(0).put(1)).toThrow(QueueOverflowError);
  expect(() => new DeferredQueue(undefined, 0).get()).toThrow(QueueUnderflowError);
});

test("DeferredQueue.put() 6.6 passes an item on to a waiter even if it holds none itself", () => {
  const queue = new DeferredQueue<number>(0);
  const waiting = queue.get();
  queue.put(1);
  expect(valueOf(waiting)).toBe(1);
});

test("DeferredQueue.get() 6.6 is forgotten when it is cancelled; one that has its item is not affected", () => {
  const queue = new DeferredQueue<number>();
  const [cancelled, served] = [queue.get(), queue.get()];
  cancelled.cancel();
  expect(failureOf(cancelled)).toBeInstanceOf(CancelledError);
  queue.put(1);
  served.cancel();
  expect(valueOf(served)).toBe(1);
  queue.put(2);
  expect(valueOf(queue.get())).toBe(2);
});

test("DeferredQueue 6.6 keeps undefined as an item", () => {
  const queue = new DeferredQueue<undefined>();
  queue.put(undefined);
  const got = queue.get();
  expect(got.called).toBe(true);
});

test("DeferredQueue.put() 6.6 skips a waiter that was fired by other code", () => {
  const queue = new DeferredQueue<string>();
  const [fired, waiting] = [queue.get(), queue.get()];
  fired.callback("by hand");
  queue.put("item");
  expect(valueOf(waiting)).toBe("item");
});

test("DeferredQueue.close() fails waiters, accepts no more items, and returns those that it holds", () => {
  const queue = new DeferredQueue<string>();
  const waiting = queue.get();
  queue.close();
  expect(failureOf(waiting, QueueClosedError).message).toBe("Cannot get from the queue: it is closed");
  expect(queue.closed).toBe(true);
  const full = new DeferredQueue<string>();
  full.put("a");
  full.close();
  expect(() => full.put("b")).toThrow("Cannot put into the queue: it is closed");
  expect(valueOf(full.get())).toBe("a");
  expect(failureOf(full.get())).toBeInstanceOf(QueueClosedError);
  full.close();
});

test("DeferredQueue can be iterated with for await until it has been closed and is empty", async () => {
  const queue = new DeferredQueue<number>();
  queue.put(1);
  queue.put(2);
  const seen: number[] = [];
  for await (const item of queue) {
    seen.push(item);
    if (item === 2) queue.get().addCallback((next) => void seen.push(next * 10));
    if (item === 2) queue.put(3);
    if (item === 2) queue.close();
  }
  expect(seen).toEqual([1, 2, 30]);
});

test("DeferredQueue that is left by break keeps its remaining items", async () => {
  const queue = new DeferredQueue<number>();
  for (const item of [1, 2]) queue.put(item);
  for await (const item of queue) if (item === 1) break;
  expect(valueOf(queue.get())).toBe(2);
});

test("for await over a closed DeferredQueue leaves no error unhandled, not even until its next turn", async () => {
  const queue = new DeferredQueue<number>();
  queue.close();
  const end = queue[Symbol.asyncIterator]().next();
  expect(unhandledErrors()).toEqual([]);
  expect(await end).toEqual({ done: true, value: undefined });
});

test("DeferredQueue.waiting and length are the numbers of waiters and of items", () => {
  const queue = new DeferredQueue<number>();
  const waiters = [queue.get(), queue.get()];
  expect([queue.waiting, queue.length]).toEqual([2, 0]);
  waiters[0]!.cancel();
  failureOf(waiters[0]!);
  queue.put(1);
  expect(valueOf(waiters[1]!)).toBe(1);
  queue.put(2);
  expect([queue.waiting, queue.length]).toEqual([0, 1]);
});

test("DeferredQueue.put() rejects a Deferred in its types, but allows generic functions", () => {
  const queue = new DeferredQueue();
  // @ts-expect-error -- put its value instead, when it has one
  expect(() => queue.put(new Deferred<string>())).toThrow(TypeError);
  const numbers = new DeferredQueue<number>();
  putAll(numbers, [1, 2]);
  // @ts-expect-error -- not a number
  numbers.put("three");
  const either: DeferredQueue<number | string> = new DeferredQueue();
  either.put(1);
  either.put("a");
  expect([numbers.length, either.length]).toEqual([3, 2]);
  unfired(new DeferredQueue<void>().get());
});
