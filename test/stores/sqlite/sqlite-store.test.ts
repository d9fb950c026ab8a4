import { expect, test } from "bun:test";
import { existsSync, statSync } from "node:fs";
import type { Portable } from "../../../src/cache/second-level.ts";
import { OpenedStore, StoreDir } from "../../support/opened-store.ts";

test("SqliteStore keeps values, with lifetime, number and true age, across a restart", async () => {
  await using dir = new StoreDir();
  const poem = Uint8Array.from({ length: 256 }, (_, i) => i);
  const lifetime = { ttl: 60_000, grace: 5, staleIfError: Infinity };
  let now = 1_700_000_000_000;
  const wall = () => now;
  {
    await using opened = await OpenedStore.open(dir.file, { wall });
    await opened.load("a\0\xff\u2026", poem, { lifetime, number: 1_700_000_000_000_000, age: 10 });
  }
  now += 1000;
  await using opened = await OpenedStore.open(dir.file, { wall });
  expect((await opened.find("a\0\xff\u2026")) as Portable).toEqual({
    bytes: poem,
    lifetime,
    number: 1_700_000_000_000_000,
    age: 1010,
    origin: "store",
    foundAs: "hit",
  });
  expect(await opened.textOf("a\0\xff")).toBeUndefined();
  expect(opened.told).toEqual([]);
});

test("SqliteStore leaves one file with mode 0600 after its end, without others beside it", async () => {
  await using dir = new StoreDir();
  {
    await using opened = await OpenedStore.open(dir.file);
    await opened.load("key", "poem");
    await opened.store.measure();
    expect(statSync(`${dir.file}-wal`).mode & 0o777).toBe(0o600);
  }
  expect(statSync(dir.file).mode & 0o777).toBe(0o600);
  expect([existsSync(`${dir.file}-wal`), existsSync(`${dir.file}-shm`)]).toEqual([false, false]);
});

test("SqliteLevel.get() returns nothing that is expired, from the future, or not new enough", async () => {
  await using dir = new StoreDir();
  let now = 1_700_000_000_000;
  await using opened = await OpenedStore.open(dir.file, { wall: () => now });
  await opened.load("key", "poem", { lifetime: { ttl: 1000, grace: 10, staleIfError: 500 }, number: 7 });
  expect(await opened.textOf("key", { newerThan: 6 })).toBe("poem");
  expect(await opened.textOf("key", { newerThan: 7 })).toBeUndefined();
  now += 1499;
  expect(await opened.textOf("key")).toBe("poem"); // Past its ttl: the caller decides.
  now += 1;
  expect(await opened.textOf("key")).toBeUndefined();
  now -= 1501;
  expect(await opened.textOf("key")).toBeUndefined();
});

test("SqliteLevel.get() numbers a load after the stored value, even if the wall clock was set back", async () => {
  await using dir = new StoreDir();
  await using opened = await OpenedStore.open(dir.file);
  await opened.load("key", "poem", { number: 900 });
  expect(await opened.find("key", { newerThan: 900, number: 5 })).toMatchObject({ number: 901 });
  expect(await opened.find("key", { newerThan: 900, number: 1000 })).not.toHaveProperty("number");
});

test("SqliteLevel keeps the value with the larger number, whichever comes last", async () => {
  await using dir = new StoreDir();
  await using opened = await OpenedStore.open(dir.file);
  await opened.load("key", "second", { number: 2 });
  await opened.load("key", "first", { number: 1 });
  expect(await opened.textOf("key")).toBe("second");
  opened.level.drop("key", 2);
  expect(await opened.textOf("key")).toBe("second");
  opened.level.drop("key", 3);
  expect(await opened.textOf("key")).toBeUndefined();
});

test("SqliteLevel does not keep answers of more than 1 MiB, nor an older one instead", async () => {
  await using dir = new StoreDir();
  await using opened = await OpenedStore.open(dir.file);
  await opened.load("key", new Uint8Array(2 ** 20), { number: 1 });
  expect(await opened.textOf("key")).toHaveLength(2 ** 20);
  await opened.load("key", new Uint8Array(2 ** 20 + 1), { number: 2 });
  expect(await opened.textOf("key")).toBeUndefined();
});

test("SqliteStore separates services, and those with another fingerprint", async () => {
  await using dir = new StoreDir();
  await using opened = await OpenedStore.open(dir.file);
  await opened.load("key", "poem");
  const other = await opened.store.level("poems 2").get("key", { newerThan: 0, number: 1 });
  expect(other).toHaveProperty("put");
  const same = await opened.store.level("poems 1").get("key", { newerThan: 0, number: 1 });
  expect(same).toHaveProperty("bytes");
});

test("SqliteLevel.purge() removes a key, matching keys, or all of a service, and does not keep what is being loaded", async () => {
  await using dir = new StoreDir();
  {
    await using opened = await OpenedStore.open(dir.file);
    for (const key of ["a1", "a2", "b1", "b2"]) await opened.load(key, "poem");
    const other = opened.store.level("others");
    const turn = await other.get("a1", { newerThan: 0, number: 1 });
    if ("put" in turn)
      turn.put({
        bytes: Buffer.from("x"),
        lifetime: { ttl: 1e6, grace: 0 },
        age: 0,
        number: 1,
        origin: "upstream",
      });
    const late = await opened.find("a2", { newerThan: 5 });
    expect(await opened.level.purge({ key: "a1" })).toBe(1);
    expect(await opened.level.purge({ key: "a1" })).toBe(0);
    expect(await opened.level.purge({ matches: (key) => key.startsWith("a") })).toBe(1);
    if ("put" in late)
      late.put({
        bytes: Buffer.from("late"),
        lifetime: { ttl: 1e6, grace: 0 },
        age: 0,
        number: 9,
        origin: "upstream",
      });
    expect([await opened.textOf("a2"), await opened.textOf("b1")]).toEqual([undefined, "poem"]);
    expect(await opened.level.purge("all")).toBe(2);
    expect(await other.get("a1", { newerThan: 0, number: 1 })).toHaveProperty("bytes");
  }
  await using again = await OpenedStore.open(dir.file);
  for (const key of ["a1", "a2", "b1", "b2"]) expect(await again.textOf(key)).toBeUndefined();
});

test("SqliteLevel.purge() handles more keys than one slice has", async () => {
  await using dir = new StoreDir();
  await using opened = await OpenedStore.open(dir.file);
  for (let i = 0; i < 5000; i++) await opened.load(`key ${i}`, "poem");
  expect(await opened.level.purge({ matches: (key) => Number(key.slice(4)) % 2 === 0 })).toBe(2500);
  expect(await opened.store.measure()).toMatchObject({ entries: 2500 });
});

test("SqliteStore makes room after writing", async () => {
  await using dir = new StoreDir();
  const maxBytes = 2 ** 20;
  await using opened = await OpenedStore.open(dir.file, { maxBytes });
  for (let i = 0; i < 600; i++) await opened.load(`key ${i}`, new Uint8Array(3000));
  await opened.level.purge({ key: "none" }); // This commits.
  let figures = await opened.store.measure();
  while (figures.bytes > maxBytes) figures = await opened.store.measure();
  expect(figures.entries).toBeGreaterThan(150);
  expect(await opened.textOf("key 599")).toHaveLength(3000);
});

test("SqliteStore.suspend() leaves the file to another process; resume() reopens it, and does what was missed", async () => {
  await using dir = new StoreDir();
  await using opened = await OpenedStore.open(dir.file);
  await opened.load("a", "poem");
  await opened.load("b", "poem");
  await opened.store.suspend(10_000);
  {
    await using other = await OpenedStore.open(dir.file);
    expect(await other.textOf("a")).toBe("poem");
    await other.load("c", "poem of the other");
    expect(opened.textOf("a")).rejects.toThrow("bypassed");
    opened.level.drop("b", 2); // There is a newer one, which the file cannot have.
  }
  await opened.store.resume();
  expect([await opened.textOf("a"), await opened.textOf("b"), await opened.textOf("c")]).toEqual([
    "poem",
    undefined,
    "poem of the other",
  ]);
  expect(opened.told).toEqual([]);
});

test("SqliteStore.resume() of a file in use fails, and is retried", async () => {
  await using dir = new StoreDir();
  await using opened = await OpenedStore.open(dir.file);
  await opened.load("a", "poem");
  await opened.store.suspend(10_000);
  await using _ = await OpenedStore.open(dir.file);
  await opened.store.resume();
  expect(opened.told).toEqual([expect.stringContaining("another process")]);
  expect(opened.store.isFailing).toBe(true);
});

test("SqliteStore.close() does not touch a file that it has left to another process", async () => {
  await using dir = new StoreDir();
  const opened = await OpenedStore.open(dir.file);
  await opened.store.suspend(10_000);
  await using other = await OpenedStore.open(dir.file);
  await opened.store.close(10_000);
  await other.load("a", "poem");
  expect(await other.textOf("a")).toBe("poem");
});
