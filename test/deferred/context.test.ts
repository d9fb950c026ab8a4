import { afterEach, expect, test } from "bun:test";
import { AsyncLocalStorage } from "node:async_hooks";
import { captureContext, Deferred, every, fail, inlineCallbacks, succeed } from "../../src/deferred/mod.ts";
import { failureOf, ManualClock, valueOf } from "../../src/deferred/testing.ts";
import { leaveNothingUnhandled } from "./outcome.ts";

leaveNothingUnhandled();

const capture = () => AsyncLocalStorage.snapshot();

const request = new AsyncLocalStorage<string>();

function followContexts(): void {
  captureContext(() => AsyncLocalStorage.snapshot());
}

afterEach(() => void captureContext());

test("captureContext() lets callbacks and errbacks run in the context in which they were added", () => {
  followContexts();
  const d = new Deferred<string>();
  const seen: unknown[] = [];
  request.run("adding", () => {
    d.addCallback(() => {
      seen.push(request.getStore());
      throw new Error("x");
    })
      .addErrback(() => void seen.push(request.getStore()))
      .addBoth(() => void seen.push(request.getStore()));
  });
  request.run("firing", () => d.callback("poem"));
  expect(seen).toEqual(["adding", "adding", "adding"]);
});

test("captureContext() lets a generator continue in the context in which it was called", () => {
  followContexts();
  const later = new Deferred<string>();
  const d = request.run("calling", () =>
    inlineCallbacks(function* () {
      const first = request.getStore();
      yield* later;
      const second = request.getStore();
      yield succeed(1);
      return [first, second, request.getStore()];
    })(),
  );
  request.run("firing", () => later.callback("poem"));
  expect(valueOf(d)).toEqual(["calling", "calling", "calling"]);
});

test("captureContext() applies to later calls of every(), too", () => {
  followContexts();
  const clock = new ManualClock();
  const seen: unknown[] = [];
  const calls = request.run("starting", () => every(10, () => void seen.push(request.getStore()), { clock }));
  clock.advance(20);
  calls.cancel();
  failureOf(calls);
  expect(seen).toEqual(["starting", "starting"]);
});

test("captureContext() is off by default: callbacks run in the context of the code that fires", () => {
  const d = new Deferred<string>();
  const stored = request.run("adding", () => d.addCallback(() => request.getStore()));
  request.run("firing", () => d.callback("poem"));
  expect(valueOf(stored)).toBe("firing");
});

test("captureContext() returns the previous function, and rejects anything but a function", () => {
  expect(captureContext(capture)).toBeUndefined();
  expect(captureContext()).toBe(capture);
  expect(() => captureContext(5 as never)).toThrow("Cannot captureContext(5): not a function");
});

test("captureContext() passes extra arguments and failures through", () => {
  followContexts();
  const d = succeed(1).addCallback((n, m) => n + m, 2);
  expect(valueOf(d)).toBe(3);
  expect(failureOf(fail("x").addCallback(() => 1))).toBe("x");
});
