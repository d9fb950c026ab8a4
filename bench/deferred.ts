/**
 * Deferred beside native Promise and bluebird: `bun bench/deferred.ts`. Times come from mitata; the bytes that each
 * operation allocates from a child process that never collects garbage, whose growth is what was allocated.
 */
import Bluebird from "bluebird";
import { bench, run, summary } from "mitata";
import { Deferred, gatherResults, succeed } from "../src/deferred/mod.ts";

const LINKS = 10;
const MANY = 1000;

type Operation = () => unknown;

const increment = (n: number): number => n + 1;

/** A Deferred has its result when the last call returns; a Promise has to be awaited. */
const operations: Record<string, Record<string, Operation>> = {
  "create, add 10 callbacks, fire": {
    Deferred: () => {
      const d = new Deferred<number>();
      for (let n = 0; n < LINKS; n++) d.addCallback(increment);
      d.callback(0);
      return d.result;
    },
    Promise: () => {
      const { promise, resolve } = Promise.withResolvers<number>();
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
      const { promise, resolve } = Promise.withResolvers<number>();
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
      const { promise, resolve } = Promise.withResolvers<number>();
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
      const members = Array.from({ length: MANY }, () => Promise.withResolvers<number>());
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
};

/** Runs `operation` until its code is compiled: before that it is slower, and allocates more. */
async function warmUp(operation: Operation): Promise<void> {
  for (const end = performance.now() + 400; performance.now() < end;) await operation();
}

/** Bytes that one call of `operation` allocates; only true where garbage is never collected. */
async function bytesOf(operation: Operation): Promise<number> {
  await warmUp(operation);
  let calls = 0;
  const before = process.memoryUsage.rss();
  for (const end = performance.now() + 100; performance.now() < end; calls++) await operation();
  return (process.memoryUsage.rss() - before) / calls;
}

async function measureBytes(name: string, who: string): Promise<string> {
  const child = Bun.spawn([process.execPath, import.meta.path, name, who], {
    env: { ...process.env, BUN_JSC_useGC: "false" },
    stderr: "inherit",
  });
  return Number(await new Response(child.stdout).text()).toLocaleString("en", { maximumFractionDigits: 0 });
}

/** The median time of each operation in nanoseconds, under "name: who". */
async function measureTimes(): Promise<Map<string, number>> {
  for (const [name, contenders] of Object.entries(operations)) {
    for (const operation of Object.values(contenders)) await warmUp(operation);
    summary(() => {
      // As they are: mitata awaits a native Promise by itself, and one more call in between would be one more level
      // of inlining that real callers do not have.
      bench(`${name}: Deferred`, contenders.Deferred!);
      bench(`${name}: Promise`, contenders.Promise!);
      bench(`${name}: bluebird`, async () => await contenders.bluebird!());
    });
  }
  const { benchmarks } = await run();
  return new Map(benchmarks.map(({ alias, runs }) => [alias, runs[0]?.stats?.p50 ?? Number.NaN]));
}

async function compare(): Promise<void> {
  const times = await measureTimes();
  for (const [name, contenders] of Object.entries(operations)) {
    const promise = times.get(`${name}: Promise`)!;
    const rows: Record<string, Record<string, string>> = {};
    for (const who of Object.keys(contenders)) {
      const median = times.get(`${name}: ${who}`)!;
      rows[who] = {
        "median ns": median.toFixed(0),
        "times as fast as Promise": (promise / median).toFixed(1),
        "bytes allocated": await measureBytes(name, who),
      };
    }
    console.log(`\n${name}`);
    console.table(rows);
  }
}

const [name, who] = process.argv.slice(2);
if (name && who) console.log(await bytesOf(operations[name]![who]!));
else await compare();
