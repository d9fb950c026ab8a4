import { expect, test } from "bun:test";
import {
  CancelledError,
  Deferred,
  DeferredLock,
  DeferredQueue,
  DeferredSemaphore,
  gatherResults,
  inlineCallbacks,
  shield,
  succeed,
} from "../../src/deferred/mod.ts";
import { failureOf, valueOf } from "../../src/deferred/testing.ts";
import { leaveNothingUnhandled } from "./outcome.ts";

leaveNothingUnhandled();

// Any recursion of even one frame per link would overflow the stack long before.
const MANY = 100_000;

const addOne = inlineCallbacks(function* (d: Deferred<number>) {
  return (yield* d) + 1;
});

test("Deferred 2.4 passes a result through 100 000 Deferreds that wait for each other, made from the inside out", () => {
  const innermost = new Deferred<number>();
  let last = innermost;
  for (let n = 0; n < MANY; n++) {
    const inner = last;
    last = succeed(0)
      .addCallback(() => inner)
      .addCallback((value) => value + 1);
  }
  innermost.callback(0);
  expect(valueOf(last)).toBe(MANY);
});

test("Deferred 2.4 passes a result through 100 000 Deferreds that wait for each other, made from the outside in", () => {
  const ds = Array.from({ length: MANY }, () => new Deferred<number>());
  for (const [n, d] of ds.entries()) {
    const inner = ds[n + 1];
    if (inner) d.addCallback(() => inner).addCallback((value) => value + 1);
  }
  for (const d of ds) d.callback(1);
  expect(valueOf(ds[0]!)).toBe(MANY);
});

test("Deferred 2.4 runs 100 000 callbacks that return fired Deferreds", () => {
  const d = new Deferred<number>();
  for (let n = 0; n < MANY; n++) d.addCallback((value) => succeed(value + 1));
  d.callback(0);
  expect(valueOf(d)).toBe(MANY);
});

test("Deferred 2.4 runs 100 000 callbacks that return Deferreds which fire later", () => {
  const d = succeed(0);
  const inners = Array.from({ length: MANY }, () => new Deferred<number>());
  for (const inner of inners) d.addCallback(() => inner);
  for (const [n, inner] of inners.entries()) inner.callback(n);
  expect(valueOf(d)).toBe(MANY - 1);
});

test("Deferred 2.4 lets 100 000 Deferreds that wait for the same one add links to it in their turn", () => {
  const inner = new Deferred<number>();
  let links = 0;
  for (let n = 0; n < MANY; n++) {
    succeed(0)
      .addCallback(() => inner)
      .addCallback(() => void inner.addCallback(() => void links++));
  }
  inner.callback(1);
  expect(links).toBe(MANY);
});

test("Deferred 1.5 runs 100 000 links that each add the next", () => {
  const d = new Deferred<number>();
  function addNext(left: number): number {
    if (left > 0) d.addCallback(addNext);
    return left - 1;
  }
  d.addCallback(addNext);
  d.callback(MANY);
  expect(valueOf(d)).toBe(-1);
});

test("Deferred.chainDeferred() 2.10 passes a result through 100 000 Deferreds", () => {
  const ds = Array.from({ length: MANY }, () => new Deferred<number>());
  for (const [n, d] of ds.entries()) {
    const next = ds[n + 1];
    if (next) d.addCallback((value) => value + 1).chainDeferred(next);
  }
  ds[0]!.callback(1);
  expect(valueOf(ds.at(-1)!)).toBe(MANY);
});

test("Deferred.fork() 9 passes a result through 100 000 forks of forks", () => {
  const first = new Deferred<number>();
  let last = first;
  for (let n = 0; n < MANY; n++) last = last.fork().addCallback((value) => value + 1);
  first.callback(0);
  expect(valueOf(last)).toBe(MANY);
});

test("Deferred.cancel() 4 reaches the last of 100 000 that wait for each other", () => {
  let last: Deferred<number> = new Deferred<number>();
  for (let n = 0; n < MANY; n++) {
    const inner = last;
    last = succeed(0).addCallback(() => inner);
  }
  last.cancel();
  expect(failureOf(last)).toBeInstanceOf(CancelledError);
});

for (const [name, gate] of [
  ["DeferredLock", new DeferredLock()],
  ["DeferredSemaphore", new DeferredSemaphore(1)],
] as const)
  test(`${name}.release() 6.7 lets 100 000 waiters in that are done at once`, () => {
    gate.acquire();
    let done = 0;
    for (let n = 0; n < MANY; n++) gate.run(() => void done++);
    gate.release();
    expect(done).toBe(MANY);
    gate.acquire();
    gate.release();
  });

test("DeferredQueue 6.6 hands over 100 000 items, whether they or their takers come first", () => {
  const queue = new DeferredQueue<number>();
  let sum = 0;
  for (let n = 0; n < MANY; n++) queue.get().addCallback((item) => void (sum += item));
  for (let n = 0; n < MANY * 2; n++) queue.put(1);
  for (let n = 0; n < MANY; n++) queue.get().addCallback((item) => void (sum += item));
  expect(sum).toBe(MANY * 2);
});

for (const [what, yielded] of [
  ["values", () => 1],
  ["fired Deferreds", () => succeed(1)],
] as const)
  test(`inlineCallbacks() 5.11 yields 100 000 ${what}`, () => {
    const d = inlineCallbacks(function* () {
      let sum = 0;
      for (let n = 0; n < MANY; n++) sum += yield yielded();
      return sum;
    })();
    expect(valueOf(d)).toBe(MANY);
  });

test("inlineCallbacks() 5.11 ends 100 000 generators that wait for each other", () => {
  const first = new Deferred<number>();
  let last: Deferred<number> = first;
  for (let n = 0; n < MANY; n++) last = addOne(last);
  first.callback(0);
  expect(valueOf(last)).toBe(MANY);
});

test("inlineCallbacks().cancel() 5.11 goes through 100 000 generators that wait for each other", () => {
  let last: Deferred<number> = new Deferred<number>();
  for (let n = 0; n < MANY; n++) last = addOne(last);
  last.cancel();
  expect(failureOf(last)).toBeInstanceOf(CancelledError);
});

test("gatherResults() 5.9 takes 100 000 members", () => {
  const members = Array.from({ length: MANY }, () => new Deferred<number>());
  const gathered = gatherResults(members);
  for (const [n, member] of members.toReversed().entries()) member.callback(n);
  const values = valueOf(gathered);
  expect([values.length, values[0], values.at(-1)]).toEqual([MANY, MANY - 1, 0]);
});

test("shield() 2.4 passes a result through 100 000 without growing the stack", () => {
  const first = new Deferred<string>();
  let last = first;
  for (let n = 0; n < MANY; n++) last = shield(last);
  first.callback("poem");
  expect(valueOf(last)).toBe("poem");
});

test("inlineCallbacks() 2.4 runs 100 000 generators that yield each other without growing the stack", () => {
  const last = new Deferred<string>();
  function* nested(depth: number): Generator<unknown, unknown> {
    return depth === 0 ? yield last : yield nested(depth - 1);
  }
  const d = inlineCallbacks(nested)(MANY);
  last.callback("poem");
  expect(valueOf(d)).toBe("poem");
});
