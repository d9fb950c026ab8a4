import { expect, test } from "bun:test";
import { AlreadyCalledError, Deferred, Failure, fail, succeed } from "../../src/deferred/mod.ts";
import { failureOf, valueOf } from "../../src/deferred/testing.ts";
import { leaveNothingUnhandled, noteIn } from "./outcome.ts";

leaveNothingUnhandled();

const error = new RangeError("too far");
const list = (...args: unknown[]) => args.map((arg) => (arg instanceof Failure ? arg.value : arg));

test("Deferred 1.1 starts unfired, unpaused, without a result", () => {
  const d = new Deferred();
  expect({ called: d.called, paused: d.paused, result: d.result }).toEqual({
    called: false,
    paused: 0,
    result: undefined,
  });
});

test("Deferred 1.1 keeps its links in the order in which they were added", () => {
  const notes: unknown[] = [];
  const d = new Deferred<string>();
  for (const name of ["first", "second", "third"]) d.addBoth(noteIn(notes, name));
  d.callback("poem");
  expect(notes).toEqual(["first: poem", "second: poem", "third: poem"]);
});

test("Deferred.callback() 1.2 runs the chain before it returns", () => {
  const d = new Deferred<number>();
  const doubled = d.addCallback((n) => n * 2);
  d.callback(21);
  expect(d.called).toBe(true);
  expect(doubled.result).toBe(42);
});

test("Deferred.errback() 1.2 runs the chain before it returns", () => {
  const d = new Deferred<string>();
  d.addErrback((failure) => failure.getErrorMessage());
  d.errback(error);
  expect(d.called).toBe(true);
  expect(d.result).toBe("too far");
});

for (const first of ["callback", "errback"] as const)
  for (const second of ["callback", "errback"] as const)
    test(`Deferred.${second}() 1.2 throws AlreadyCalledError after ${first}() and leaves the chain alone`, () => {
      const notes: unknown[] = [];
      const d = new Deferred().addBoth(noteIn(notes)).addErrback(() => "rescued");
      d[first](error);
      expect(() => d[second]("again")).toThrow(AlreadyCalledError);
      expect(notes).toEqual([error]);
      expect(valueOf(d)).toBe(first === "callback" ? error : "rescued");
    });

test("Deferred.callback() 1.2 throws AlreadyCalledError inside the Deferred's own callbacks, too", () => {
  const d = new Deferred<string>();
  d.addCallback(() => d.callback("again"));
  d.callback("once");
  expect(failureOf(d)).toBeInstanceOf(AlreadyCalledError);
});

test("Deferred 1.3 gives a value to callbacks and a failure to errbacks", () => {
  const notes: unknown[] = [];
  const d = new Deferred<string>().addCallbacks(noteIn(notes, "callback"), noteIn(notes, "errback"));
  d.callback("poem");
  const failing = fail(error).addCallbacks(noteIn(notes, "callback"), noteIn(notes, "errback"));
  expect(notes).toEqual(["callback: poem", "errback: RangeError: too far"]);
  expect(failureOf(failing)).toBe(error);
});

test("Deferred 1.3 makes what a link returns the result for the next one", () => {
  const d = succeed(1)
    .addCallback((n) => n + 1)
    .addCallback((n) => `${n}`);
  expect(d.result).toBe("2");
});

test("Deferred 1.3 turns a throw into a failure", () => {
  const d = succeed(1).addCallback(() => {
    throw error;
  });
  expect(failureOf(d)).toBe(error);
});

test("Deferred 1.3 treats a Failure that a callback returns as a failure", () => {
  expect(failureOf(succeed(1).addCallback(() => new Failure(error)))).toBe(error);
});

test("Deferred 1.3 goes back to callbacks when an errback returns a value", () => {
  const d = fail(error)
    .addErrback(() => "rescued")
    .addCallback((text) => text.toUpperCase());
  expect(d.result).toBe("RESCUED");
});

test("Deferred.addCallback() 1.3 lets a failure through unchanged", () => {
  const failure = new Failure(error);
  const d = fail(failure).addCallback(() => "never");
  expect(d.result).toBe(failure);
  expect(failureOf(d)).toBe(error);
});

test("Deferred.addErrback() 1.3 lets a value through unchanged", () => {
  expect(succeed("poem").addErrback(() => "never").result).toBe("poem");
});

test("Deferred.addCallbacks() 1.3 lets a failure through when there is no errback", () => {
  for (const none of [undefined, null]) {
    const d = fail(error).addCallbacks(() => "never", none);
    expect(failureOf(d)).toBe(error);
  }
});

test("Deferred.addCallbacks() 1.3 does not give its errback what its callback threw", () => {
  const d = succeed(1).addCallbacks(
    () => {
      throw error;
    },
    () => "never",
  );
  expect(failureOf(d)).toBe(error);
});

test("Deferred.add…() 1.4 returns the same Deferred", () => {
  const d = new Deferred<number>();
  const returned: unknown[] = [
    d.addCallback((n) => n),
    d.addErrback(() => 0),
    d.addBoth(() => 0),
    d.addCallbacks(() => 0),
    d.addTimeout(1, { callLater: () => ({ cancel: () => {} }) }),
  ];
  expect(returned.every((each) => each === d)).toBe(true);
});

test("Deferred.add…() 1.4 runs the link before it returns when the Deferred has fired", () => {
  const notes: unknown[] = [];
  const d = succeed("poem");
  d.addCallback(noteIn(notes, "callback"));
  expect(notes).toEqual(["callback: poem"]);
  d.addErrback(noteIn(notes, "errback")).addBoth(noteIn(notes, "both"));
  expect(notes).toEqual(["callback: poem", "both: poem"]);
});

test("Deferred.add…() 1.4 passes extra arguments after the result", () => {
  for (const fire of ["before", "after"]) {
    const results = [
      (d: Deferred<string>) => d.addCallback(list, 1, undefined),
      (d: Deferred<string>) => d.addBoth(list, 1, 2),
      (d: Deferred<string>) => d.addCallbacks(list, list, [1, 2], [3]),
      (d: Deferred<string>) => d.addCallbacks(list, list, null, []),
    ].map((add) => {
      const d = new Deferred<string>();
      if (fire === "before") d.callback("poem");
      add(d);
      if (fire === "after") d.callback("poem");
      return d.result;
    });
    expect(results).toEqual([["poem", 1, undefined], ["poem", 1, 2], ["poem", 1, 2], ["poem"]]);
  }
  expect(fail(error).addErrback(list, "a", "b").result).toEqual([error, "a", "b"]);
  expect(fail(error).addCallbacks(list, list, [1], ["c"]).result).toEqual([error, "c"]);
  expect(fail(error).addCallbacks(list, list, [], null).result).toEqual([error]);
});

test("Deferred 1.5 runs a link added by its own callback at the end of the chain", () => {
  const notes: unknown[] = [];
  const d = new Deferred<undefined>();
  d.addCallback(() => {
    notes.push(1);
    d.addCallback(() => void notes.push(3));
    expect(notes).toEqual([1]);
  });
  d.addCallback(() => void notes.push(2));
  d.callback(undefined);
  expect(notes).toEqual([1, 2, 3]);
});

test("Deferred 1.5 runs a link added by its own callback after that has returned, on a fired Deferred too", () => {
  const notes: unknown[] = [];
  const d = succeed(0);
  d.addCallback(() => {
    d.addCallback(noteIn(notes, "inner"));
    notes.push("outer returns");
    return 1;
  });
  expect(notes).toEqual(["outer returns", "inner: 1"]);
});

test("Deferred 1.5 passes a failure of a link added by its own callback to later links", () => {
  const d = new Deferred<undefined>();
  d.addCallback(() => {
    d.addCallback(() => {
      throw error;
    });
  });
  d.callback(undefined);
  expect(failureOf(d)).toBe(error);
});

test("Deferred.addCallback() 1.6 only queues on a Deferred that waits for another", () => {
  const notes: unknown[] = [];
  const inner = new Deferred<string>();
  const outer = succeed(1).addCallback(() => inner);
  outer.addCallback(noteIn(notes));
  expect(notes).toEqual([]);
  inner.callback("poem");
  expect(notes).toEqual(["poem"]);
});

test("Deferred.callback() 1.7 with a Failure acts as errback()", () => {
  const failure = new Failure(error);
  const d = new Deferred<string>();
  d.callback(failure);
  expect(d.result).toBe(failure);
  expect(failureOf(d)).toBe(error);
});

test("Deferred.errback() 1.7 keeps the identity of a Failure, down the chain and into other Deferreds", () => {
  const failure = new Failure(error);
  const seen: Failure[] = [];
  const see = (each: Failure) => (seen.push(each), each);
  const inner = new Deferred<string>().addErrback(see);
  const outer = succeed(1)
    .addCallback(() => inner)
    .addErrback(see);
  inner.errback(failure);
  expect(seen.map((each) => each === failure)).toEqual([true, true]);
  expect(failureOf(outer)).toBe(error);
});

test("Deferred.callback() 1.8 rejects a Deferred with a TypeError, and stays unfired", () => {
  const d = new Deferred();
  expect(() => d.callback(succeed(1))).toThrow(TypeError);
  expect(() => d.errback(succeed(1))).toThrow(TypeError);
  expect(d.called).toBe(false);
});

test("Deferred.add…() 1.9 rejects anything but a function with a TypeError", () => {
  const d = succeed(1);
  const notAFunction = "print" as unknown as () => void;
  expect(() => d.addCallback(notAFunction)).toThrow('Cannot addCallback("print"): not a function');
  expect(() => d.addErrback(notAFunction)).toThrow(TypeError);
  expect(() => d.addBoth(notAFunction)).toThrow(TypeError);
  expect(() => d.addCallbacks(notAFunction)).toThrow(TypeError);
  expect(() => d.addCallbacks(() => {}, notAFunction)).toThrow(TypeError);
});

test("Deferred.errback() 1.10 requires an argument", () => {
  const d = new Deferred();
  expect(() => (d.errback as () => void)()).toThrow(TypeError);
  expect(d.called).toBe(false);
});

test("Deferred.errback() 1.10 wraps any value in a Failure that has a stack", () => {
  for (const value of ["text", undefined, null, 7, { code: 1 }]) {
    const d = new Deferred();
    d.errback(value);
    expect((d.result as Failure).stack).toContain("chain.test.ts");
    expect(failureOf(d)).toBe(value);
  }
});

test("Deferred.callback() 1.11 never throws what a callback throws", () => {
  const d = new Deferred<number>().addBoth(() => {
    throw error;
  });
  expect(() => d.callback(1 as never)).not.toThrow();
  expect(failureOf(d)).toBe(error);
});

test("Deferred 1.3 keeps no links that have run, even if more keep coming", () => {
  const d = new Deferred<number>();
  let left = 1000;
  const again = (n: number): number => {
    if (left-- > 0) d.addCallback(again);
    return n;
  };
  d.addCallback(again).addCallback(again);
  d.callback(1);
  expect(d.describe()).toBe("<Deferred idle, 1002 links run, result 1>");
});
