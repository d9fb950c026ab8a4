import { expect, test } from "bun:test";
import { CancelledError, Deferred, fail, Failure, inlineCallbacks, succeed } from "../../src/deferred/mod.ts";
import { failureOf, unfired, valueOf } from "../../src/deferred/testing.ts";
import { leaveNothingUnhandled, noteIn } from "./outcome.ts";

leaveNothingUnhandled();

const error = new RangeError("too far");

class TranslatedError extends Error {}

/** Waits for `d`, adds 1; a RangeError becomes a TranslatedError. */
const addOne = inlineCallbacks(function* (d: Deferred<number>) {
  try {
    return (yield* d) + 1;
  } catch (reason) {
    if (reason instanceof RangeError) throw new TranslatedError();
    throw reason;
  }
});

function* toUpperCase(poem: Deferred<string>) {
  return (yield* poem).toUpperCase();
}

test("inlineCallbacks() 5.11 runs at once up to the first Deferred that has not fired", () => {
  const notes: unknown[] = [];
  const poem = new Deferred<string>();
  const d = inlineCallbacks(function* () {
    notes.push("begun", yield succeed("fired"));
    notes.push(yield poem);
    return "done";
  })();
  expect(notes).toEqual(["begun", "fired"]);
  expect(d.called).toBe(false);
  poem.callback("poem");
  expect(notes).toEqual(["begun", "fired", "poem"]);
  expect(valueOf(d)).toBe("done");
});

test("inlineCallbacks() 5.11 passes arguments and this on", () => {
  const poet = {
    name: "Yeats",
    greet: inlineCallbacks(function* (this: { name: string }, a: string, b: string) {
      return `${yield a} ${this.name}${b}`;
    }),
  };
  expect(valueOf(poet.greet("Hello", "!"))).toBe("Hello Yeats!");
});

test("inlineCallbacks() 5.11 throws a failure as the original error", () => {
  for (const poem of [fail(error), new Deferred<string>()]) {
    let caught: unknown;
    const d = inlineCallbacks(function* () {
      try {
        yield poem;
      } catch (reason) {
        caught = reason;
      }
    })();
    if (!poem.called) poem.errback(error);
    expect(caught).toBe(error);
    expect(valueOf(d)).toBeUndefined();
  }
});

test("inlineCallbacks() 5.11 returns anything but a Deferred at once, and throws a Failure", () => {
  const d = inlineCallbacks(function* () {
    const same: unknown = yield 5;
    try {
      yield new Failure(error);
    } catch (reason) {
      return [same, reason];
    }
    return undefined;
  })();
  expect(valueOf(d)).toEqual([5, error]);
});

test("inlineCallbacks() 5.11 runs a generator that is yielded, and waits for a Promise", async () => {
  const poem = new Deferred<string>();
  const d = inlineCallbacks(function* () {
    const upper: string = yield toUpperCase(poem);
    return upper + String(yield Promise.resolve("!"));
  })();
  poem.callback("poem");
  expect(await d).toBe("POEM!");
});

test("inlineCallbacks() 5.11 fires with what is returned", () => {
  expect(
    valueOf(
      inlineCallbacks(function* () {
        yield 5;
        return 6;
      })(),
    ),
  ).toBe(6);
  expect(valueOf(inlineCallbacks(function* () {})())).toBeUndefined();
});

test("inlineCallbacks() 5.11 fails with what is thrown, and keeps a Failure that passed through", () => {
  const buggy = inlineCallbacks(function* () {
    yield succeed(1);
    throw error;
  });
  expect(failureOf(buggy())).toBe(error);
  const failure = new Failure(error);
  const d = inlineCallbacks(function* () {
    yield fail(failure);
  })();
  expect(d.result).toBe(failure);
  expect(failureOf(d)).toBe(error);
});

test("inlineCallbacks() 5.11 consumes the Deferred: its error is handled, a second yield returns undefined", () => {
  const [poem, broken] = [new Deferred<string>(), fail(error)];
  const d = inlineCallbacks(function* () {
    const first: unknown = yield poem;
    const second: unknown = yield poem;
    try {
      yield broken;
    } catch {
      return [first, second];
    }
    return [];
  })();
  poem.callback("poem");
  expect(valueOf(d)).toEqual(["poem", undefined]);
  expect([poem, broken].map<unknown>(valueOf)).toEqual([undefined, undefined]);
});

test("inlineCallbacks() 2.7 throws a TypeError at the yield of the generator's own Deferred", () => {
  const go = new Deferred<undefined>();
  const run = inlineCallbacks(function* (): Generator<unknown, unknown> {
    yield go;
    try {
      return yield own;
    } catch (thrown) {
      return thrown;
    }
  });
  const own: Deferred = run();
  go.callback(undefined);
  expect(valueOf(own)).toBeInstanceOf(TypeError);
});

test("inlineCallbacks() 2.7 fails with a TypeError when the generator returns its own Deferred", () => {
  const go = new Deferred<undefined>();
  const own: Deferred = inlineCallbacks(function* (): Generator<unknown, unknown> {
    yield go;
    return own;
  })();
  go.callback(undefined);
  expect(failureOf(own)).toBeInstanceOf(TypeError);
});

test("inlineCallbacks() 5.11 throws a TypeError to the caller if the function does not return a generator", () => {
  const noGenerator = (() => 5) as unknown as () => Generator;
  expect(() => inlineCallbacks(noGenerator)()).toThrow(TypeError);
  expect(() => inlineCallbacks(noGenerator)()).toThrow("inlineCallbacks");
});

test("inlineCallbacks() 5.11 waits for a Deferred that is returned", () => {
  const poem = new Deferred<string>();
  const d = inlineCallbacks(function* () {
    yield 1;
    return poem;
  })();
  expect(d.called).toBe(false);
  poem.callback("poem");
  expect(valueOf(d)).toBe("poem");
});

test("inlineCallbacks() 5.11 fails with a Failure that is returned", () => {
  const d = inlineCallbacks(function* () {
    yield 1;
    return new Failure(error);
  })();
  expect(failureOf(d)).toBe(error);
});

test("inlineCallbacks().cancel() 5.11 cancels what it waits for; the generator sees CancelledError", () => {
  const awaited = new Deferred<number>();
  const d = addOne(awaited);
  d.cancel();
  expect(awaited.called).toBe(true);
  expect(failureOf(d)).toBeInstanceOf(CancelledError);
});

test("inlineCallbacks().cancel() 5.11 lets the generator translate the error or answer with a value", () => {
  const translated = addOne(new Deferred<number>((each) => each.errback(error)));
  const answered = addOne(new Deferred<number>((each) => each.callback(41)));
  translated.cancel();
  answered.cancel();
  expect(failureOf(translated)).toBeInstanceOf(TranslatedError);
  expect(valueOf(answered)).toBe(42);
});

test("inlineCallbacks().cancel() 5.11 does not fire the outer before the generator has ended", () => {
  const cleaningUp = new Deferred<number>();
  const d = addOne(new Deferred<number>().addErrback(() => cleaningUp));
  d.cancel();
  expect(d.called).toBe(false);
  cleaningUp.callback(6543);
  expect(valueOf(d)).toBe(6544);
});

test("inlineCallbacks().cancel() 5.11 a second time cancels what it waits for then", () => {
  const [first, second] = [new Deferred<string>(), new Deferred<string>()];
  const d = inlineCallbacks(function* () {
    try {
      yield first;
    } catch {
      yield second;
    }
  })();
  d.cancel();
  expect([first.called, second.called, d.called]).toEqual([true, false, false]);
  d.cancel();
  expect(second.called).toBe(true);
  expect(failureOf(d)).toBeInstanceOf(CancelledError);
});

test("inlineCallbacks().cancel() 5.11 from inside the running generator has no effect", () => {
  const begin = new Deferred<string>();
  const d: Deferred = inlineCallbacks(function* () {
    yield begin;
    d.cancel();
    return "ended by itself";
  })();
  begin.callback("go");
  expect(valueOf(d)).toBe("ended by itself");
});

test("inlineCallbacks().cancel() 5.11 after it has ended does nothing", () => {
  const notes: unknown[] = [];
  const d = inlineCallbacks(function* () {
    return yield 1;
  })();
  d.cancel();
  d.addBoth(noteIn(notes));
  expect(notes).toEqual([1]);
});

test("inlineCallbacks() 5.11 does not run on while what it waits for is paused", () => {
  const poem = succeed("poem");
  poem.pause();
  const d = inlineCallbacks(function* () {
    return yield poem;
  })();
  unfired(d);
  poem.unpause();
  expect(d.called).toBe(true);
});

test("inlineCallbacks() 2.7 finds a cycle of generators that wait for each other", () => {
  const go = new Deferred<undefined>();
  const waitFor = (other: () => Deferred) =>
    inlineCallbacks(function* (): Generator<Deferred, unknown> {
      yield go.fork();
      return yield other();
    })();
  const first: Deferred = waitFor(() => second);
  const second: Deferred = waitFor(() => first);
  go.callback(undefined);
  expect(failureOf(first)).toBeInstanceOf(TypeError);
  expect(second.called).toBe(true); // Its error went to the first.
});

test("inlineCallbacks() 2.7 finds a cycle through a Deferred that was fired in between", () => {
  const asked = new Deferred();
  let d: Deferred | undefined;
  asked.addCallback(() => d);
  d = inlineCallbacks(function* (): Generator<Deferred, unknown> {
    return yield asked;
  })();
  asked.callback(undefined);
  expect(failureOf(d)).toBeInstanceOf(TypeError);
  d.cancel();
});

test("inlineCallbacks() 5.11 yields what a yielded generator returns or throws, and waits for it", () => {
  const later = new Deferred<string>();
  const notes: unknown[] = [];
  function* inner(): Generator<unknown, unknown> {
    notes.push(yield later);
    return succeed("returned");
  }
  function* broken(): Generator<unknown, never> {
    yield succeed(1);
    throw error;
  }
  const d = inlineCallbacks(function* (): Generator<unknown, string> {
    notes.push(yield inner());
    try {
      yield broken();
    } catch (thrown) {
      notes.push(thrown);
    }
    return "end";
  })();
  later.callback("later");
  expect([valueOf(d), notes]).toEqual(["end", ["later", "returned", error]]);
});

test("inlineCallbacks() 1.7 keeps a Failure that is thrown as it is", () => {
  const failure = new Failure("poem");
  const d = inlineCallbacks(function* (): Generator<unknown, never> {
    yield succeed(1);
    throw failure;
  })();
  expect(d.result).toBe(failure);
  d.addErrback(() => {});
});

test("inlineCallbacks() 5.11 throws what a thenable throws at its yield", () => {
  const thenable = {
    // oxlint-disable-next-line unicorn/no-thenable -- that is what it is about
    get then(): never {
      throw error;
    },
  };
  const d = inlineCallbacks(function* (): Generator<unknown, unknown> {
    try {
      return yield thenable;
    } catch (thrown) {
      return thrown;
    }
  })();
  return d.toPromise().then((thrown) => expect(thrown).toBe(error));
});

test("inlineCallbacks() 2.7 finds a cycle even if another Deferred is chained to its own", () => {
  const go = new Deferred();
  const own: Deferred = inlineCallbacks(function* (): Generator<Deferred, unknown> {
    yield go;
    return yield own;
  })();
  const other = new Deferred();
  other.chainDeferred(own);
  go.callback(undefined);
  expect(failureOf(own)).toBeInstanceOf(TypeError);
  own.cancel();
});

test("inlineCallbacks() 2.7 throws a TypeError at the yield of a generator that waits for that yield", () => {
  function* self(): Generator<unknown, unknown> {
    try {
      return yield own;
    } catch (thrown) {
      return thrown;
    }
  }
  const own = self();
  expect(valueOf(inlineCallbacks(() => own)())).toBeInstanceOf(TypeError);
});

test("inlineCallbacks() 5.11 returns a value whose properties throw", () => {
  const hostile = {
    get [Symbol.toStringTag](): never {
      throw error;
    },
  };
  const d = inlineCallbacks(function* (): Generator<unknown, unknown> {
    return yield hostile;
  })();
  expect(valueOf(d) === hostile).toBe(true);
});

test("inlineCallbacks().cancel() 5.11 cancels what a yielded generator waits for", () => {
  const awaited = new Deferred<number>();
  function* inner(): Generator<unknown, unknown> {
    return yield awaited;
  }
  const d = inlineCallbacks(function* (): Generator<unknown, unknown> {
    return yield inner();
  })();
  expect(d.describe()).toMatch(/waiting for .* waiting for/);
  d.cancel("stop");
  expect(failureOf(d, CancelledError).cause).toBe("stop");
});

test("inlineCallbacks() 5.11 lets two wait for the same generator, as for the same Deferred", () => {
  const awaited = new Deferred<string>();
  function* shared(): Generator<unknown, unknown> {
    return yield awaited;
  }
  const generator = shared();
  const wait = inlineCallbacks(function* (): Generator<unknown, unknown> {
    return yield generator;
  });
  const both = [wait(), wait()];
  awaited.callback("poem");
  expect(both.map(valueOf)).toEqual(["poem", undefined]);
});
