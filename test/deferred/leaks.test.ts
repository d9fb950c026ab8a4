import { expect, test } from "bun:test";
import {
  cancelOnAbort,
  Deferred,
  DeferredLock,
  inlineCallbacks,
  shield,
  singleFlight,
  succeed,
} from "../../src/deferred/mod.ts";
import { ManualClock } from "../../src/deferred/testing.ts";
import { leaveNothingUnhandled } from "./outcome.ts";

leaveNothingUnhandled();

/** How often each case is run: JavaScriptCore may keep alive the last few objects that a piece of code has seen. */
const TIMES = 20;

let gone = new FinalizationRegistry<string>(() => {});

/** An object whose collection is recorded under `name`. */
function watched(name: string): { name: string } {
  const object = { name };
  gone.register(object, name);
  return object;
}

/** What was collected while the Deferreds that `make` returned were alive, in most of its calls. */
async function collectedWhileAlive(make: () => unknown): Promise<string[]> {
  const ends = new Map<string, number>();
  gone = new FinalizationRegistry((name) => ends.set(name, (ends.get(name) ?? 0) + 1));
  const alive = Array.from({ length: TIMES }, make);
  for (let round = 0; round < 3; round++) {
    await turn();
    Bun.gc(true);
  }
  await turn();
  expect(alive).toHaveLength(TIMES);
  const names = Array.from(ends, ([name, count]) => Array<string>(Math.round(count / TIMES)).fill(name));
  return names.flat().toSorted();
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A Deferred that has fired, with a canceller that holds an object. */
function cancellable(fire: (d: Deferred) => void): Deferred {
  const held = watched("held by the canceller");
  const d = new Deferred(() => held);
  fire(d);
  return d;
}

test("Deferred.callback() 4 releases the canceller, as errback() and cancel() do", async () => {
  for (const fire of [
    (d: Deferred) => d.callback(1),
    (d: Deferred) => d.addErrback(() => 0).errback("x"),
    (d: Deferred) => d.cancel(),
  ])
    expect(await collectedWhileAlive(() => cancellable(fire))).toEqual(["held by the canceller"]);
});

test("Deferred 9 releases a link that has run, even while it waits for another Deferred", async () => {
  const names = await collectedWhileAlive(() => {
    const argument = watched("argument");
    const d = new Deferred();
    d.addCallback(() => watched("result"))
      .addCallback((_, held) => void held, argument)
      .addCallback(() => new Deferred())
      .addCallback(() => "never");
    d.callback(1);
    return d;
  });
  expect(names).toEqual(["argument", "result"]);
});

test("Deferred 9 releases a result that another Deferred took", async () => {
  const names = await collectedWhileAlive(() => {
    const [inner, first, second] = [new Deferred<object>(), new Deferred<object>(), new Deferred<object>()];
    succeed(1)
      .addCallback(() => inner)
      .addCallback(() => {});
    first.chainDeferred(second);
    second.addCallback(() => {});
    inner.callback(watched("awaited"));
    first.callback(watched("chained"));
    return [inner, first, second];
  });
  expect(names).toEqual(["awaited", "chained"]);
});

test("Deferred 9 does not keep the Deferred that it waited for, nor is it kept by that", async () => {
  const names = await collectedWhileAlive(() => {
    const inner = new Deferred<number>();
    gone.register(inner, "inner");
    const outer = succeed(1).addCallback(() => inner);
    const other = new Deferred<number>();
    const waiter = succeed(2).addCallback(() => other);
    gone.register(waiter, "waiter");
    inner.callback(1);
    other.callback(2);
    return [outer, other];
  });
  expect(names).toEqual(["inner", "waiter"]);
});

test("inlineCallbacks() 5.11 keeps neither generator, arguments nor result once it has ended", async () => {
  const names = await collectedWhileAlive(() => {
    const awaited = new Deferred<object>();
    const d = inlineCallbacks(function* (argument: object) {
      gone.register(argument, "argument");
      yield awaited;
      return watched("result") && argument && 1;
    })(watched("argument"));
    awaited.callback(watched("value"));
    return [d, awaited];
  });
  expect(names).toEqual(["argument", "argument", "result", "value"]);
});

test("Deferred.addTimeout() 4 leaves nothing with the clock", async () => {
  const clock = new ManualClock();
  const names = await collectedWhileAlive(() => {
    const d = new Deferred<object>().addTimeout(10, clock);
    d.addCallback(() => {});
    d.callback(watched("value"));
    gone.register(d, "Deferred");
    return clock;
  });
  expect(names).toEqual(["Deferred", "value"]);
});

test("cancelOnAbort() 9 leaves nothing with a signal that outlives the Deferred", async () => {
  const { signal } = new AbortController();
  const names = await collectedWhileAlive(() => {
    const d = cancelOnAbort(new Deferred<number>(), signal);
    d.callback(1);
    gone.register(d, "Deferred");
    return signal;
  });
  expect(names).toEqual(["Deferred"]);
});

test("DeferredLock 6.3 keeps neither functions nor outcomes", async () => {
  const names = await collectedWhileAlive(() => {
    const lock = new DeferredLock();
    lock.acquire();
    lock.run((held) => watched("outcome") && void held, watched("argument"));
    lock.release();
    return lock;
  });
  expect(names).toEqual(["argument", "outcome"]);
});

test("Deferred.fork() and shield() 9 release what was cancelled before its source fires", async () => {
  for (const derive of [(d: Deferred) => d.fork(), shield]) {
    const names = await collectedWhileAlive(() => {
      const source = new Deferred();
      const derived = derive(source).addErrback(() => watched("result"));
      derived.cancel();
      return source;
    });
    expect(names).toEqual(["result"]);
  }
});

test("singleFlight() keeps no object whose work has ended, or for which the key function threw", async () => {
  const shared = singleFlight(
    function (this: object, isBad: boolean) {
      return succeed(isBad);
    },
    {
      key(isBad) {
        if (isBad) throw new Error("no key");
        return isBad;
      },
    },
  );
  const collected = await collectedWhileAlive(() => {
    expect(() => shared.call(watched("no key"), true)).toThrow("no key");
    shared.call(watched("work"), false);
    return shared;
  });
  expect(collected).toEqual(["no key", "work"]);
});
