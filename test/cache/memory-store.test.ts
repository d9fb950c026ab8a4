import { expect, setDefaultTimeout, test } from "bun:test";
import { nameRequest } from "../../src/protocols/request.ts";
import { MemoryStore, type Entry } from "../../src/cache/memory-store.ts";
import { SLICE } from "../../src/cache/walk.ts";
import { valueOf } from "../../src/deferred/testing.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";

setDefaultTimeout(60_000); // A million keys take a second, on a machine with nothing else to do.

const MIB = 2 ** 20;

/** What a proxy keeps. */
interface Answer {
  readonly bytes: Uint8Array;
  readonly lifetime: { readonly ttl: number; readonly grace: number };
  readonly number: number;
}

const lifetime = { ttl: 1, grace: 0 };

/** As it comes from a socket. */
const answer = (number: number): Answer => ({
  bytes: new Uint8Array(new ArrayBuffer(100)),
  lifetime,
  number,
});

interface Poem {
  readonly text: string;
  readonly number: number;
}

function storeOf(maxBytes: number, maxEntries = Infinity): MemoryStore<Poem> {
  return new MemoryStore({ maxBytes, maxEntries, weigh: ({ text }) => text.length });
}

function entry(text: string, number = 1): Entry<Poem> {
  return { value: { text, number }, storedAt: 0, lifetime, hits: 0 };
}

test("MemoryStore.get() returns what was put, with any bytes in keys", () => {
  const store = storeOf(10_000);
  for (const key of ["", "__proto__", "constructor", "\0\xff"]) {
    expect(store.get(key)).toBeUndefined();
    store.put(key, entry(`poem of ${key}`));
    expect(store.get(key)?.value.text).toBe(`poem of ${key}`);
  }
  expect(store.size).toBe(4);
});

test("MemoryStore.put() makes room by evicting the least recently used", () => {
  const store = storeOf(3 * 900);
  for (const key of ["a", "b", "c"]) store.put(key, entry("x".repeat(300)));
  store.get("a");
  store.put("d", entry("x".repeat(300)));
  expect(store.get("b")).toBeUndefined();
  expect(store.get("a")).toBeDefined();
  expect(store.bytes).toBeLessThanOrEqual(2700);
});

test("MemoryStore.put() keeps no more entries than its limit", () => {
  const store = storeOf(1e6, 2);
  for (const key of ["a", "b", "c"]) store.put(key, entry("x"));
  expect(store.size).toBe(2);
  expect(store.get("a")).toBeUndefined();
});

test("MemoryStore.put() rejects a value larger than the whole store, and keeps the rest", () => {
  const store = storeOf(1000);
  store.put("small", entry("x"));
  expect(store.put("large", entry("x".repeat(1001)))).toBe("too_large");
  expect(store.get("large")).toBeUndefined();
  expect(store.get("small")).toBeDefined();
});

test("MemoryStore.put() keeps the answer of the later fetch, whichever lands first", () => {
  const store = storeOf(10_000);
  store.put("key", entry("later", 2));
  expect(store.put("key", entry("earlier", 1))).toBe("superseded");
  expect(store.get("key")?.value.text).toBe("later");
});

test("MemoryStore with a limit of 100,000,000 entries allocates nothing for them in advance", () => {
  const before = heapUsed();
  const store = storeOf(10_000, 1e8);
  expect(heapUsed() - before).toBeLessThan(MIB);
  store.put("a", entry("x"));
  expect(store.size).toBe(1);
});

test("MemoryStore.evict() evicts the least recently used entry, if there is one", () => {
  const store = storeOf(10_000);
  for (const key of ["a", "b"]) store.put(key, entry("x"));
  store.get("a");
  expect(store.evict()).toBe(true);
  expect([store.get("a") !== undefined, store.get("b")]).toEqual([true, undefined]);
  expect([store.evict(), store.evict()]).toEqual([true, false]);
  expect(store.bytes).toBe(0);
});

test("MemoryStore.put() keeps nothing if other things take the room", () => {
  const asked: number[] = [];
  const store = new MemoryStore<Poem>({
    maxBytes: 10_000,
    maxEntries: Infinity,
    weigh: ({ text }) => text.length,
    makeRoom: (bytes) => asked.push(bytes) === 1,
  });
  expect(store.put("a", entry("x"))).toBe("stored");
  expect(store.put("b", entry("x"))).toBe("no_room");
  expect([store.get("a") !== undefined, store.get("b")]).toEqual([true, undefined]);
});

test("MemoryStore tells whether a value is kept, and reports each one that no longer is, once", () => {
  const dropped: string[] = [];
  const store = new MemoryStore<Poem & { isKept?: boolean }>({
    maxBytes: 2000,
    maxEntries: 2,
    weigh: ({ text }) => text.length,
    dropped: ({ text }) => dropped.push(text),
  });
  const entries = { a: entry("one"), b: entry("two"), c: entry("three"), d: entry("four") };
  const isKept = () =>
    Object.values(entries).map(({ value }: Entry<Poem & { isKept?: boolean }>) => value.isKept);
  store.put("1", entries.a);
  store.put("2", entries.b);
  store.put("1", entries.c);
  store.put("3", entries.d);
  expect(dropped).toEqual(["one", "two"]);
  expect(isKept()).toEqual([false, false, true, true]);
  for (const key of ["1", "2", "3"]) store.remove(key, "purged");
  expect(dropped.toSorted()).toEqual(["four", "one", "three", "two"]);
});

test("MemoryStore.remove() frees the bytes", () => {
  const store = storeOf(10_000);
  store.put("a", entry("x"));
  store.put("b", entry("x"));
  expect(["a", "b", "a"].map((key) => store.remove(key, "purged"))).toEqual([true, true, false]);
  expect([store.size, store.bytes]).toEqual([0, 0]);
});

/** What `store.walk` sees; between its turns, `meanwhile` is done. */
function walked(store: MemoryStore<Poem>, meanwhile: (turn: number) => void): string[] {
  const clock = new ManualClock();
  const seen: string[] = [];
  const walking = store.walk(clock, (key) => seen.push(key));
  for (let turn = 1; clock.turnsDue > 0; turn++) {
    meanwhile(turn);
    clock.turn();
  }
  expect(valueOf(walking)).toBeUndefined();
  return seen;
}

test("MemoryStore.walk() sees each entry that was there from the beginning once, and none that goes or comes meanwhile", () => {
  const store = storeOf(1e9);
  const keys = Array.from({ length: 3 * SLICE }, (_, n) => `key ${n}`);
  for (const key of keys) store.put(key, entry("x"));
  const gone = keys.at(-1) as string;
  const replaced = keys.at(-2) as string;
  const seen = walked(store, (turn) => {
    store.get(keys[turn] as string); // Used: this changes its place in the order of use.
    if (turn > 1) return;
    store.remove(gone, "purged");
    store.put(replaced, entry("newer", 2));
    for (let n = 0; n < SLICE; n++) store.put(`new ${n}`, entry("x"));
  });
  expect(seen).toEqual(keys.filter((key) => key !== gone && key !== replaced));
});

test("MemoryStore.walk() ends though as many entries come as it sees, each in the place of one that is gone", () => {
  const store = storeOf(1e9);
  const count = 4 * SLICE;
  for (let n = 0; n < count; n++) store.put(`key ${n}`, entry("x"));
  const clock = new ManualClock();
  let seen = 0;
  const walking = store.walk(clock, (key) => {
    seen++;
    store.remove(key, "purged");
    store.put(`new ${key}`, entry("x"));
  });
  while (clock.turnsDue > 0) clock.turn();
  expect(valueOf(walking)).toBeUndefined();
  expect([seen, store.size]).toEqual([count, count]);
});

test("MemoryStore.put() stays within its bytes over a million keys, and weighs each entry once", () => {
  const maxBytes = 16 * MIB;
  let weighed = 0;
  const weigh = ({ bytes }: Answer) => (weighed++, bytes.length);
  const heapBefore = heapUsed();
  const store = new MemoryStore<Answer>({ maxBytes, maxEntries: Infinity, weigh });
  for (let i = 0; i < 1e6; i++) {
    store.put(`key ${i}`, { value: answer(i), storedAt: 0, lifetime, hits: 0 });
    if (store.bytes > maxBytes) throw new Error(`${store.bytes} bytes after ${i + 1} keys`);
  }
  const growth = heapUsed() - heapBefore; // Before the last look at the store, which else would be garbage.
  expect(weighed).toBe(1e6);
  expect(store.bytes / maxBytes).toBeWithin(0.99, 1.0001);
  expect(store.get("key 999999")).toBeDefined();
  expect(store.get(`key ${1e6 - store.size}`)).toBeDefined();
  expect(store.get(`key ${1e6 - store.size - 1}`)).toBeUndefined();
  expect(growth).toBeLessThan(maxBytes * HEAP_NOISE);
});

test("MemoryStore.put() counts the memory of long keys, including those of unterminated requests", () => {
  const maxBytes = 16 * MIB;
  const heapBefore = heapUsed();
  const store = new MemoryStore<Answer>({
    maxBytes,
    maxEntries: Infinity,
    weigh: ({ bytes }) => bytes.length,
  });
  for (let i = 0; i < 20_000; i++) {
    const bytes = Buffer.alloc(4000, `${i} `);
    const { key } = nameRequest({ bytes, isTerminated: false }, { framing: "line", folds: [] });
    store.put(key, { value: answer(i), storedAt: 0, lifetime, hits: 0 });
  }
  const growth = heapUsed() - heapBefore;
  expect(store.bytes / maxBytes).toBeWithin(0.99, 1.0001);
  expect(growth).toBeLessThan(maxBytes * HEAP_NOISE);
});

/** Other tests of the same process leave the heap in no particular state. */
const HEAP_NOISE = 1.25;

function heapUsed(): number {
  Bun.gc(true);
  return process.memoryUsage().heapUsed;
}

test("MemoryStore.drop() removes the value of an earlier fetch, and nothing else", () => {
  const store = storeOf(10_000);
  store.put("key", entry("poem", 5));
  store.drop("key", 5);
  store.drop("key", 4);
  store.drop("another", 6);
  expect(store.get("key")?.value.text).toBe("poem");
  store.drop("key", 6);
  expect(store.get("key")).toBeUndefined();
  expect(store.bytes).toBe(0);
});
