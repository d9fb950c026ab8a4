import { expect, test } from "bun:test";
import {
  AlreadyCalledError,
  CancelledError,
  Deferred,
  fail,
  Failure,
  shield,
  succeed,
  unhandledErrors,
} from "../../src/deferred/mod.ts";
import { failureOf, unfired, valueOf } from "../../src/deferred/testing.ts";
import { leaveNothingUnhandled, noteIn } from "./outcome.ts";

leaveNothingUnhandled();

const error = new RangeError("too far");

test("Deferred 2.1 takes the result of a fired Deferred at once and continues in the same loop", () => {
  const inner = succeed("poem");
  const outer = succeed(1)
    .addCallback(() => inner)
    .addCallback((text) => text.length);
  expect(outer.result).toBe(4);
  expect(inner.result).toBeUndefined();
});

test("Deferred 2.1 is liable for the failure of a fired Deferred that it took", () => {
  const inner = fail(error);
  const outer = succeed(1).addCallback(() => inner);
  expect(valueOf(inner)).toBeUndefined();
  expect(failureOf(outer)).toBe(error);
});

test("Deferred 2.2 waits for an unfired Deferred: paused counts it, result shows it", () => {
  const inner = new Deferred<string>();
  const outer = succeed(1).addCallback(() => inner);
  expect({ paused: outer.paused, called: outer.called }).toEqual({ paused: 1, called: true });
  expect(outer.result).toBe(inner);
  inner.callback("poem");
  expect(valueOf(outer)).toBe("poem");
});

test("Deferred 2.2 gets the result of the earlier links; links added to the inner later see undefined", () => {
  const notes: unknown[] = [];
  const inner = new Deferred<string>().addCallback((text) => text.toUpperCase());
  const outer = succeed(1).addCallback(() => inner);
  inner.addCallback(noteIn(notes, "inner"));
  outer.addCallback(noteIn(notes, "outer"));
  inner.callback("poem");
  expect(notes).toEqual(["outer: POEM", "inner: undefined"]);
});

test("Deferred 2.2 accepts a late failure the same way", () => {
  const notes: unknown[] = [];
  const inner = new Deferred<string>();
  const outer = succeed(1).addCallback(() => inner);
  inner.addCallback(noteIn(notes));
  inner.errback(error);
  expect(notes).toEqual([undefined]);
  expect(failureOf(outer)).toBe(error);
});

test("Deferred 2.3 runs all of the outer before the inner's later links", () => {
  const notes: unknown[] = [];
  const inner = new Deferred<string>();
  const outer = succeed(1).addCallback(() => inner);
  inner.addCallback(noteIn(notes, "inner later"));
  outer.addCallback(noteIn(notes, "outer 1")).addCallback(noteIn(notes, "outer 2"));
  inner.callback("poem");
  expect(notes).toEqual(["outer 1: poem", "outer 2: poem", "inner later: undefined"]);
});

test("Deferred 2.3 runs a link that the outer adds to the inner when the outer is done", () => {
  const notes: unknown[] = [];
  const inner = new Deferred<string>();
  const outer = succeed(1).addCallback(() => inner);
  inner.addCallback(noteIn(notes, "inner 1"));
  outer.addCallback(() => {
    inner.addCallback(noteIn(notes, "inner 2"));
    notes.push("outer");
  });
  inner.callback("poem");
  expect(notes).toEqual(["outer", "inner 1: undefined", "inner 2: undefined"]);
});

test("Deferred 2.4 needs the same stack for one link and for two", () => {
  expect(stackDepthBehind(2)).toBe(stackDepthBehind(1));
  expect(stackDepthBehind(1)).toBeGreaterThan(1);
});

test("Deferred 2.5 waits for a paused Deferred even if it has fired", () => {
  const inner = succeed("poem");
  inner.pause();
  const outer = succeed(1).addCallback(() => inner);
  expect(outer.paused).toBe(1);
  inner.unpause();
  expect(valueOf(outer)).toBe("poem");
});

test("Deferred 2.5 waits for a Deferred that was paused first and fires later", () => {
  const inner = new Deferred<number>();
  inner.pause();
  const outer = succeed(1).addCallback(() => inner);
  const notes: unknown[] = [];
  outer.addCallback(noteIn(notes));
  inner.callback(2);
  expect(notes).toEqual([]);
  inner.unpause();
  expect(notes).toEqual([2]);
});

test("Deferred 2.5 waits for one that waits for a third, to any depth", () => {
  const third = new Deferred<string>();
  const second = succeed(2).addCallback(() => third);
  const first = succeed(1).addCallback(() => second);
  second.addCallback(() => "late");
  expect(first.paused).toBe(1);
  third.callback("poem");
  expect([first, second, third].map<unknown>(valueOf)).toEqual(["poem", "late", undefined]);
});

test("Deferred 2.5 runs the links of the one in the middle before the outer gets its result", () => {
  const notes: unknown[] = [];
  const third = new Deferred<string>();
  const outer = succeed("outer").addCallback(() =>
    succeed("middle")
      .addCallback(() => third)
      .addCallback(noteIn(notes, "middle"))
      .addCallback((text) => text + text),
  );
  outer.addCallback(noteIn(notes, "outer"));
  third.callback("tick");
  expect(notes).toEqual(["middle: tick", "outer: ticktick"]);
});

test("Deferred 2.5 in the middle, chained before it fired, runs later links once the last fires", () => {
  const notes: unknown[] = [];
  const third = new Deferred<undefined>();
  const second = new Deferred<undefined>().addCallback(() => third);
  const first = new Deferred<undefined>().addCallback(() => second);
  second.callback(undefined);
  first.callback(undefined);
  third.callback(undefined);
  second.addCallback(noteIn(notes));
  expect(notes).toEqual([undefined]);
});

test("Deferred 2.6 gives the result to the first of two outers that wait for the same inner", () => {
  const inner = new Deferred<string>();
  const outers = [1, 2].map((n) => succeed(n).addCallback(() => inner));
  inner.callback("poem");
  expect(outers.map((outer) => outer.result)).toEqual(["poem", undefined]);
});

test("Deferred 2.7 fails with a TypeError when a callback returns its own Deferred", () => {
  const d = new Deferred<string>();
  d.addCallback(() => d as Deferred);
  d.callback("poem");
  expect(d.paused).toBe(0);
  expect(failureOf(d)).toBeInstanceOf(TypeError);
});

test("Deferred 2.7 fails with a TypeError that names the cycle when two wait for each other", () => {
  const a = new Deferred();
  const b = new Deferred();
  a.addCallback(() => b);
  b.addCallback(() => a);
  a.callback(1);
  b.callback(2);
  const reason = failureOf(a, TypeError);
  expect(reason).toBeInstanceOf(TypeError);
  expect(reason.message).toContain("a cycle of 2");
  expect(reason.message).toContain("waiting for <Deferred");
});

test("Deferred 2.8 waits for an inner that is running its callbacks", () => {
  const inner = new Deferred<string>();
  const outer = new Deferred<undefined>();
  outer.addCallback(() => inner);
  inner.addCallback(() => {
    outer.callback(undefined);
    return "fresh";
  });
  inner.callback("stale");
  expect(valueOf<unknown>(outer)).toBe("fresh");
});

test("Deferred 2.9 continues with the inner when the outer that takes its result is paused", () => {
  const notes: unknown[] = [];
  const inner = new Deferred<string>();
  const outer = succeed(1).addCallback(() => inner);
  outer.addCallback(noteIn(notes, "outer"));
  inner.addCallback(noteIn(notes, "inner"));
  outer.pause();
  inner.callback("poem");
  inner.addCallback(noteIn(notes, "inner later"));
  expect(notes).toEqual(["inner: undefined", "inner later: undefined"]);
  outer.unpause();
  expect(notes.slice(2)).toEqual(["outer: poem"]);
});

test("Deferred.chainDeferred() 2.10 fires the other, continues with undefined, and is not affected by it", () => {
  const notes: unknown[] = [];
  const other = new Deferred<string>();
  const d = new Deferred<string>();
  d.chainDeferred(other).addBoth(noteIn(notes, "own"));
  other.addCallback((text) => text.toUpperCase()).addCallback(noteIn(notes, "other"));
  d.callback("poem");
  expect(notes).toEqual(["other: POEM", "own: undefined"]);
  expect(valueOf(other)).toBe("POEM");
});

test("Deferred.chainDeferred() 2.10 on a fired Deferred fires the other at once", () => {
  const other = new Deferred<string>();
  succeed("poem").chainDeferred(other);
  expect(valueOf(other)).toBe("poem");
});

test("Deferred.chainDeferred() 2.10 hands over a failure and the duty to handle it", () => {
  const failure = new Failure(error);
  const other = new Deferred<string>();
  const d = fail<string>(failure).chainDeferred(other);
  expect(d.result).toBeUndefined();
  expect(other.result).toBe(failure);
  expect(failureOf(other)).toBe(error);
});

test("Deferred.chainDeferred() 2.10 fails its own chain if the other was already fired", () => {
  const d = new Deferred<string>();
  d.chainDeferred(succeed("before"));
  d.callback("poem");
  expect(failureOf(d)).toBeInstanceOf(AlreadyCalledError);
});

test("Deferred.chainDeferred() 2.10 to a cancelled Deferred is swallowed once, like any firing", () => {
  const other = new Deferred<string>();
  other.cancel();
  expect(valueOf(succeed("poem").chainDeferred(other))).toBeUndefined();
  expect(() => other.callback("again")).toThrow(AlreadyCalledError);
  expect(failureOf(other)).toBeInstanceOf(CancelledError);
});

test("Deferred.chainDeferred() 2.10 to a paused Deferred waits for nobody", () => {
  const other = new Deferred<string>();
  other.pause();
  const d = succeed("poem").chainDeferred(other);
  expect(valueOf(d)).toBeUndefined();
  unfired(other);
  expect(other.result).toBe("poem");
});

/** The depth of the stack in a callback at the end of `links` Deferreds that wait for each other. */
function stackDepthBehind(links: number): number {
  let depth = 0;
  const innermost = new Deferred<undefined>();
  let last: Deferred<undefined> = innermost;
  for (let i = 0; i < links; i++) {
    const waitsFor = last;
    last = succeed(undefined).addCallback(() => waitsFor);
  }
  last.addCallback(() => {
    depth = new Error("depth").stack!.split("\n").length;
  });
  innermost.callback(undefined);
  return depth;
}

test("Deferred 2.7 fails with a TypeError when a callback returns a fork or a shield of its own Deferred", () => {
  for (const derive of [
    (d: Deferred) => d.fork(),
    shield,
    (d: Deferred) => d.fork().fork(),
    (d: Deferred) => shield(d.fork()),
  ]) {
    const d = new Deferred();
    let derived: Deferred | undefined;
    d.addCallback(() => derived);
    derived = derive(d);
    d.callback("poem");
    expect(failureOf(derived)).toBeInstanceOf(TypeError);
    unhandledErrors(); // The ones in between failed with it as well.
  }
});

test("Deferred 2.7 waits for one that is chained to it, because other code may fire that", () => {
  const [d, other] = [new Deferred<string>(), new Deferred<string>()];
  d.addCallback(() => other);
  const seen: unknown[] = [];
  d.addCallback((poem) => (seen.push(poem), poem));
  d.chainDeferred(other);
  d.callback("asks");
  other.callback("answer");
  expect(seen).toEqual(["answer"]);
  expect(failureOf(d)).toBeInstanceOf(AlreadyCalledError);
});
