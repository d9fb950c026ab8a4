import { expect, test } from "bun:test";
import {
  cancelOnAbort,
  Deferred,
  deferredList,
  DeferredQueue,
  DeferredSemaphore,
  fail,
  fromPromise,
  gatherResults,
  inlineCallbacks,
  race,
  setUnhandledErrorReporter,
  shield,
  succeed,
} from "../../src/deferred/mod.ts";
import { valueOf } from "../../src/deferred/testing.ts";
import { leaveNothingUnhandled } from "./outcome.ts";

leaveNothingUnhandled();

/** Lets any value past the compiler. */
const anything = (value: unknown) => value as never;
const withoutText: unknown = Object.create(null);

test.each<[wrong: string, attempt: () => unknown, complaint: string]>([
  [
    "a time as text",
    () => succeed(1).addTimeout(anything("5")),
    'Cannot addTimeout("5"): milliseconds are needed, 0 or more',
  ],
  [
    "no list",
    () => gatherResults(anything(undefined)),
    "Cannot gatherResults(undefined): not a list of Deferreds",
  ],
  [
    "no clock to report by",
    () => setUnhandledErrorReporter(undefined, { when: "next turn", clock: anything({}) }),
    "Cannot report by([object Object]): not an object with nextTurn()",
  ],
  ["a canceller", () => new Deferred(anything("x")), 'Cannot cancel by("x"): not a function'],
  [
    "a link",
    () => succeed(1).addBoth(anything(withoutText)),
    "Cannot addBoth([object Object]): not a function",
  ],
  [
    "a Promise to chain",
    () => succeed(1).chainDeferred(anything(Promise.resolve())),
    "Cannot chainDeferred([object Promise]): not a Deferred",
  ],
  [
    "nothing to chain",
    () => succeed(1).chainDeferred(anything(undefined)),
    "Cannot chainDeferred(undefined): not a Deferred",
  ],
  ["a number to shield", () => shield(anything(3)), "Cannot shield(3): not a Deferred"],
  ["a number as Promise", () => fromPromise(anything(3)), "Cannot fromPromise(3): not a Promise"],
  [
    "no signal",
    () => cancelOnAbort(succeed(1), anything(undefined)),
    "Cannot cancelOnAbort by(undefined): not an object with addEventListener()",
  ],
  [
    "no time",
    () => succeed(1).addTimeout(Number.NaN),
    "Cannot addTimeout(NaN): milliseconds are needed, 0 or more",
  ],
  [
    "a time that has passed",
    () => succeed(1).addTimeout(-1),
    "Cannot addTimeout(-1): milliseconds are needed, 0 or more",
  ],
  [
    "no clock",
    () => succeed(1).addTimeout(1, anything({})),
    "Cannot addTimeout by([object Object]): not an object with callLater()",
  ],
  [
    "a late value",
    () => succeed(1).addTimeout(1, undefined, anything("late")),
    'Cannot addTimeout("late"): not a function',
  ],
  [
    "half a token",
    () => new DeferredSemaphore(1.5),
    "Cannot set limit to 1.5: whole numbers or Infinity are needed, 1 or more",
  ],
  [
    "tokens as text",
    () => new DeferredSemaphore(anything("2")),
    'Cannot set limit to "2": whole numbers or Infinity are needed, 1 or more',
  ],
  [
    "less than no items",
    () => new DeferredQueue(-1),
    "Cannot set size to -1: whole numbers or Infinity are needed, 0 or more",
  ],
  [
    "no number of callers",
    () => new DeferredQueue(1, Number.NaN),
    "Cannot set backlog to NaN: whole numbers or Infinity are needed, 0 or more",
  ],
  ["no generator function", () => inlineCallbacks(anything(3)), "Cannot inlineCallbacks(3): not a function"],
  [
    "no reporter",
    () => setUnhandledErrorReporter(anything(3)),
    "Cannot setUnhandledErrorReporter(3): not a function",
  ],
  [
    "an unknown time to report",
    () => setUnhandledErrorReporter(undefined, { when: anything("now") }),
    'Cannot report("now"): not "next turn" or "collection"',
  ],
])("Deferred 9 refuses %s, and says what, with what, and what is needed", (_, attempt, complaint) => {
  expect(attempt).toThrow(complaint);
});

test.each<[name: string, combine: (ds: never) => unknown]>([
  ["gatherResults", gatherResults],
  ["deferredList", deferredList],
  ["race", race],
])("%s() 9 refuses what is no Deferred before it touches the others", (name, combine) => {
  const first = new Deferred<number>();
  expect(() => combine(anything([first, Promise.resolve(2)]))).toThrow(
    `Cannot ${name}([object Promise]): not a Deferred (#1 in the list)`,
  );
  expect(first.describe()).toBe("<Deferred unfired, 0 links run>");
});

test("DeferredQueue.put() 6.6 rejects a Deferred, and waiters keep waiting", () => {
  const queue = new DeferredQueue<unknown>();
  const waiter = queue.get();
  // @ts-expect-error -- that is what it is about
  expect(() => queue.put(succeed(1))).toThrow("Cannot put a Deferred: use addCallback()");
  queue.put("item");
  expect(valueOf(waiter)).toBe("item");
});

test("Deferred.describe() 9 takes one line and throws nothing, whatever the error", () => {
  const lines = fail(new Error(`${"long ".repeat(1000)}\nsecond line`));
  expect(lines.describe()).toMatch(/^<Deferred [^\n]{50,150}…>$/);
  const hostile = new Error();
  Object.defineProperty(hostile, "message", {
    get: () => {
      throw new Error("boom");
    },
  });
  const d = fail(hostile);
  expect(d.describe()).toContain("result [Failure Error: [object Error]]");
  for (const each of [lines, d]) each.addErrback(() => {});
});
