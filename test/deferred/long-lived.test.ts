import { expect, test } from "bun:test";
import {
  Deferred,
  DeferredLock,
  DeferredQueue,
  inlineCallbacks,
  race,
  shield,
  succeed,
} from "../../src/deferred/mod.ts";
import { Row } from "../../src/deferred/row.ts";
import { failureOf, valueOf } from "../../src/deferred/testing.ts";
import { leaveNothingUnhandled } from "./outcome.ts";

leaveNothingUnhandled();

const MANY = 100_000;
/** Cancelling or serving as many one by one takes minutes if each needs a search. */
const WAITERS = 200_000;

const LINKS = / (\d+) to go/;

/** The number of links in a Deferred that has not fired. */
function linksOf(d: Deferred<never>): number {
  return Number(LINKS.exec(d.describe())?.[1] ?? 0);
}

test("Deferred.fork(), shield() and race() leave nothing in a source that outlives them", () => {
  const forever = new Deferred<never>();
  for (let n = 0; n < MANY; n++) {
    const [fork, shielded] = [forever.fork(), shield(forever)];
    race([succeed(n), fork]).addCallback(([, value]) => expect(value === n).toBe(true));
    shielded.cancel();
    failureOf(shielded);
  }
  expect(linksOf(forever)).toBe(0);
});

test("race() against a fork a million times holds no memory", () => {
  const forever = new Deferred<never>();
  const round = () => race([succeed(1), forever.fork()]);
  for (let n = 0; n < 10_000; n++) round();
  Bun.gc(true);
  const before = process.memoryUsage().heapUsed;
  for (let n = 0; n < 1_000_000; n++) round();
  Bun.gc(true);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(24 * 1024 * 1024);
  expect(linksOf(forever)).toBe(0);
});

test("Deferred.fork() leaves forks in place when those around them are cancelled", () => {
  const source = new Deferred<string>();
  const forks = Array.from({ length: 10 }, () => source.fork());
  for (const n of [0, 9, 4, 5]) {
    forks[n]!.cancel();
    failureOf(forks[n]!);
  }
  const late = source.fork();
  source.addCallback((text) => text.toUpperCase());
  const last = source.fork();
  source.callback("poem");
  expect(forks.filter((_, n) => ![0, 9, 4, 5].includes(n)).map(valueOf)).toEqual(Array(6).fill("poem"));
  expect([valueOf(late), valueOf(last)]).toEqual(["poem", "POEM"]);
});

test("Deferred.fork() lets a fork be cancelled by one that fires before it, and others be added", () => {
  const source = new Deferred<string>();
  const notes: string[] = [];
  const first = source.fork();
  const [second, third] = [source.fork(), source.fork()];
  first.addCallback(() => {
    second.cancel();
    source.fork().addCallback(() => void notes.push("added"));
  });
  third.addCallback(() => void notes.push("third"));
  source.callback("poem");
  failureOf(second);
  expect(notes).toEqual(["third", "added"]);
});

test("Deferred.fork() serves 100 000 forks of one source, however many were cancelled", () => {
  const source = new Deferred<number>();
  let served = 0;
  const forks = Array.from({ length: MANY }, () => source.fork());
  forks.forEach((fork, n) => {
    if (n % 3 !== 0) return void fork.addCallback(() => void served++);
    fork.cancel();
    return void failureOf(fork);
  });
  source.callback(1);
  expect(served).toBe(MANY - Math.ceil(MANY / 3));
});

for (const [order, indexes] of [
  ["first to last", (n: number) => n],
  ["last to first", (n: number) => WAITERS - 1 - n],
  ["all over", (n: number) => (n * 7919) % WAITERS],
] as const)
  test(`DeferredLock and DeferredQueue let ${WAITERS} waiters be cancelled, ${order}`, () => {
    const lock = new DeferredLock();
    const queue = new DeferredQueue<number>();
    lock.acquire();
    for (const ask of [(): Deferred => lock.acquire(), (): Deferred => queue.get()]) {
      const waiters = Array.from({ length: WAITERS }, ask);
      for (let n = 0; n < WAITERS; n++) waiters[indexes(n)]!.addErrback(() => {}).cancel();
    }
    expect([lock.waiting, queue.waiting]).toEqual([0, 0]);
    lock.release();
  });

test(`DeferredLock and DeferredQueue serve ${WAITERS} waiters, and hold as many items`, () => {
  const lock = new DeferredLock();
  lock.acquire();
  let served = 0;
  for (let n = 0; n < WAITERS; n++) lock.run(() => void served++);
  lock.release();
  const queue = new DeferredQueue<number>();
  for (let n = 0; n < WAITERS; n++) queue.get().addCallback(() => void served++);
  for (let n = 0; n < WAITERS * 2; n++) queue.put(n);
  for (let n = 0; n < WAITERS; n++) queue.get().addCallback(() => void served++);
  expect(served).toBe(WAITERS * 3);
});

test("Row returns items in order, whichever leave, and continues after it was empty", () => {
  const row = new Row<number>();
  for (const n of [1, 2, 3, 4, 5]) row.add(n);
  for (const n of [1, 3, 5, 3]) row.delete(n);
  row.add(6);
  const taken = [row.size, row.shift(), row.shift(), row.shift(), row.shift(), row.size];
  expect(taken).toEqual([3, 2, 4, 6, undefined, 0]);
  row.add(7);
  row.delete(7);
  row.add(8);
  expect([row.shift(), row.size]).toEqual([8, 0]);
});

test("inlineCallbacks() that waits for a fork releases it when it is cancelled", () => {
  const forever = new Deferred<never>();
  const wait = inlineCallbacks(function* () {
    yield forever.fork();
  });
  for (let n = 0; n < 1000; n++) {
    const d = wait();
    d.cancel();
    failureOf(d);
  }
  expect(linksOf(forever)).toBe(0);
});
