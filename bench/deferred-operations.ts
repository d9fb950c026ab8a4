/**
 * The operations to compare, one contender at a time: `bun bench/deferred-operations.ts <title> <who> times|bytes`
 * prints its measurements as JSON. In a process of its own, so that none is slowed down by what the compiler has seen
 * of the others.
 */
import Bluebird from "bluebird";
import { Deferred, gatherResults, inlineCallbacks, succeed } from "../src/deferred/mod.ts";

const LINKS = 10;
const MANY = 1000;
const BATCHES = 2000;
const BATCH_MS = 0.5;
const WARM_UP_MS = 800;

type Operation = () => unknown;

/** Nanoseconds per call: the median of many batches, and the 90th percentile. */
export interface Times {
  readonly median: number;
  readonly p90: number;
}

const increment = (n: number): number => n + 1;

/** `Promise.withResolvers`, which Node 20 lacks. */
function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((fire) => void (resolve = fire));
  return { promise, resolve };
}

const addTen = inlineCallbacks(function* () {
  let sum = 0;
  for (let n = 0; n < LINKS; n++) sum += yield* succeed(n);
  return sum;
});

async function awaitTen(): Promise<number> {
  let sum = 0;
  for (let n = 0; n < LINKS; n++) sum += await Promise.resolve(n);
  return sum;
}

const addOne = inlineCallbacks(function* (d: Deferred<number>) {
  return (yield* d) + 1;
});

async function awaitOne(promise: Promise<number>): Promise<number> {
  return (await promise) + 1;
}

/** The one that the others are compared with. */
export const YARDSTICK = "Promise";

/** A Deferred has its result when the last call returns; a Promise has to be awaited. */
export const operations: Record<string, Record<string, Operation>> = {
  "create, add 10 callbacks, fire": {
    Deferred: () => {
      const d = new Deferred<number>();
      for (let n = 0; n < LINKS; n++) d.addCallback(increment);
      d.callback(0);
      return d.result;
    },
    Promise: () => {
      const { promise, resolve } = withResolvers<number>();
      let last = promise;
      for (let n = 0; n < LINKS; n++) last = last.then(increment);
      resolve(0);
      return last;
    },
    bluebird: () => {
      let resolve: (n: number) => void = increment;
      let last = new Bluebird<number>((fire) => void (resolve = fire));
      for (let n = 0; n < LINKS; n++) last = last.then(increment);
      resolve(0);
      return last;
    },
  },
  "add 10 callbacks after firing": {
    Deferred: () => {
      const d = succeed(0);
      for (let n = 0; n < LINKS; n++) d.addCallback(increment);
      return d.result;
    },
    Promise: () => {
      let last = Promise.resolve(0);
      for (let n = 0; n < LINKS; n++) last = last.then(increment);
      return last;
    },
    bluebird: () => {
      let last = Bluebird.resolve(0);
      for (let n = 0; n < LINKS; n++) last = last.then(increment);
      return last;
    },
  },
  "1000 callbacks that return a fired one": {
    Deferred: () => {
      const d = new Deferred<number>();
      for (let n = 0; n < MANY; n++) d.addCallback((value) => succeed(value + 1));
      d.callback(0);
      return d.result;
    },
    Promise: () => {
      const { promise, resolve } = withResolvers<number>();
      let last = promise;
      for (let n = 0; n < MANY; n++) last = last.then((value) => Promise.resolve(value + 1));
      resolve(0);
      return last;
    },
    bluebird: () => {
      let last = Bluebird.resolve(0);
      for (let n = 0; n < MANY; n++) last = last.then((value) => Bluebird.resolve(value + 1));
      return last;
    },
  },
  "1000 that wait for each other": {
    Deferred: () => {
      const first = new Deferred<number>();
      let last = first;
      for (let n = 0; n < MANY; n++) {
        const inner = last;
        last = succeed(0).addCallback(() => inner);
      }
      first.callback(0);
      return last.result;
    },
    Promise: () => {
      const { promise, resolve } = withResolvers<number>();
      let last = promise;
      for (let n = 0; n < MANY; n++) {
        const inner = last;
        last = Promise.resolve(0).then(() => inner);
      }
      resolve(0);
      return last;
    },
    bluebird: () => {
      let resolve: (n: number) => void = increment;
      let last = new Bluebird<number>((fire) => void (resolve = fire));
      for (let n = 0; n < MANY; n++) {
        const inner = last;
        last = Bluebird.resolve(0).then(() => inner);
      }
      resolve(0);
      return last;
    },
  },
  "gather 1000": {
    Deferred: () => {
      const members = Array.from({ length: MANY }, () => new Deferred<number>());
      const gathered = gatherResults(members);
      for (const member of members) member.callback(1);
      return gathered.result;
    },
    Promise: () => {
      const members = Array.from({ length: MANY }, () => withResolvers<number>());
      const gathered = Promise.all(members.map(({ promise }) => promise));
      for (const { resolve } of members) resolve(1);
      return gathered;
    },
    bluebird: () => {
      const resolvers: ((n: number) => void)[] = [];
      const members = Array.from(
        { length: MANY },
        () => new Bluebird<number>((fire) => resolvers.push(fire)),
      );
      const gathered = Bluebird.all(members);
      for (const resolve of resolvers) resolve(1);
      return gathered;
    },
  },
  "a generator with 10 yield* of fired ones, 10 awaits": {
    Deferred: () => addTen().result,
    Promise: () => awaitTen(),
  },
  "a generator with one yield*, fired later, one await": {
    Deferred: () => {
      const d = new Deferred<number>();
      const end = addOne(d);
      d.callback(1);
      return end.result;
    },
    Promise: () => {
      const { promise, resolve } = withResolvers<number>();
      const end = awaitOne(promise);
      resolve(1);
      return end;
    },
  },
};

/** Bytes that one call of `operation` allocates; correct only if garbage is never collected. */
async function bytesOf(operation: Operation): Promise<number> {
  await warmUp(operation); // Code that is not yet compiled allocates more.
  const before = process.memoryUsage.rss();
  const calls = await runFor(100, operation);
  return (process.memoryUsage.rss() - before) / calls;
}

/** Runs it until the process has used enough CPU time, which takes longer on a busy machine. */
async function warmUp(operation: Operation): Promise<void> {
  while (process.cpuUsage().user < WARM_UP_MS * 1000) await runFor(20, operation);
}

async function runFor(ms: number, operation: Operation): Promise<number> {
  let calls = 0;
  for (const end = performance.now() + ms; performance.now() < end; calls++) await operation();
  return calls;
}

/** Measures in short batches, so that other work of the machine affects only a few of them. */
async function timesOf(operation: Operation): Promise<Times> {
  await warmUp(operation);
  const calls = Math.ceil(((await runFor(100, operation)) * BATCH_MS) / 100);
  const isAwaited = isThenable(operation());
  const times: number[] = [];
  for (let batch = 0; batch < BATCHES; batch++) {
    const begin = performance.now();
    if (isAwaited) for (let n = 0; n < calls; n++) await operation();
    else for (let n = 0; n < calls; n++) operation();
    times.push(((performance.now() - begin) * 1e6) / calls);
  }
  times.sort((a, b) => a - b);
  return { median: times[BATCHES >> 1]!, p90: times[Math.floor(BATCHES * 0.9)]! };
}

function isThenable(value: unknown): boolean {
  return typeof (value as { then?: unknown } | undefined)?.then === "function";
}

if (import.meta.main) {
  const [title = "", who = "", what] = process.argv.slice(2);
  const operation = operations[title]?.[who];
  if (!operation) throw new Error(`Cannot measure ${who} at ${title}: there is no such operation`);
  console.log(JSON.stringify(await (what === "bytes" ? bytesOf(operation) : timesOf(operation))));
}
