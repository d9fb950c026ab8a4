import { expect, test } from "bun:test";
import { StoreError } from "../../../src/stores/store-error.ts";
import { SqliteStore } from "../../../src/stores/sqlite/sqlite-store.ts";
import { ManualClock } from "../../../src/time/manual-clock.ts";
import { outcome } from "../../support/outcome.ts";
import { failureOf, unfired, valueOf } from "../../../src/deferred/testing.ts";
import { SlowWorker } from "../../support/slow-worker.ts";

/** An open store whose Worker answers when the test says so. */
function setUp() {
  const clock = new ManualClock();
  const workers: SlowWorker[] = [];
  const told: string[] = [];
  const opening = SqliteStore.open({
    path: "/nowhere/poetry.db",
    maxBytes: 2 ** 20,
    timeout: 100,
    clock,
    random: () => 0.5,
    wall: () => 1_700_000_000_000 + clock.now(),
    failed: (error) => told.push((error as Error).message),
    restored: () => told.push("restored"),
    startWorker: () => {
      const worker = new SlowWorker();
      workers.push(worker);
      return worker as unknown as Worker;
    },
  });
  const worker = workers[0] as SlowWorker;
  const open = () => {
    worker.answer("open", { result: undefined });
    const { value: store } = outcome(opening) as { value: SqliteStore };
    const level = store.level("poems 1");
    return { store, level, get: (key = "key") => level.get(key, { newerThan: 0, number: 7 }) };
  };
  return { clock, worker, workers, told, opening, open };
}

const poem = {
  bytes: Buffer.from("poem"),
  lifetime: { ttl: 1e6, grace: 0 },
  age: 0,
  number: 7,
  origin: "upstream",
} as const;

test("SqliteStore.open() fails if a retry would not help, and continues if it might", () => {
  const missing = setUp();
  missing.worker.answer("open", { error: { message: "no such directory", code: "ENOENT" } });
  expect(failureOf(missing.opening)).toEqual(expect.any(StoreError));
  expect(missing.worker.isTerminated).toBe(true);

  const full = setUp();
  full.worker.answer("open", { error: { message: "database or disk is full", code: "SQLITE_FULL" } });
  expect(valueOf(full.opening)).toEqual(expect.anything());
  expect(full.told).toEqual(["database or disk is full (SQLITE_FULL)"]);
});

test("SqliteLevel.get() waits for a slow disk once, and not at all from then on", () => {
  const { clock, worker, told, open } = setUp();
  const { get } = open();
  const first = get();
  clock.advance(99);
  unfired(first);
  clock.advance(1);
  expect(outcome(first)).toMatchObject({ error: { message: "Timed out after 100 ms" } });
  for (let i = 0; i < 5; i++)
    expect(outcome(get())).toMatchObject({ error: { message: "bypassed after a failure" } });
  expect([told, worker.open]).toEqual([["Timed out after 100 ms"], ["get"]]);
});

test("SqliteStore makes up for what it has missed before it is used again", () => {
  const { clock, worker, told, open } = setUp();
  const { level, get } = open();
  const slow = get("slow");
  clock.advance(100);
  outcome(slow);
  level.drop("outdated", 3);
  expect(outcome(level.purge({ key: "purged" }))).toMatchObject({
    error: { message: "bypassed after a failure" },
  });
  clock.advance(1000);
  expect(outcome(get())).toMatchObject({ error: {} }); // This begins a probe.
  worker.answer("get", { result: undefined }); // Too late: nobody is waiting.
  worker.answer("open", { result: undefined });
  expect(worker.asked.map(({ command }) => command)).toMatchObject([{ does: "remove", number: 3 }]);
  worker.answer("remove", { result: 1 });
  expect(worker.asked.map(({ command }) => command)).toMatchObject([{ does: "remove", number: Infinity }]);
  worker.answer("remove", { result: 0 });
  expect(told).not.toContain("restored");
  worker.answer("sync", { result: undefined });
  expect(told).toEqual(["Timed out after 100 ms", "restored"]);
  const found = get();
  worker.answer("get", { result: undefined });
  expect(valueOf(found)).toEqual(expect.objectContaining({ put: expect.any(Function) }));
  expect(clock.pending).toBe(0);
});

test("SqliteStore still owes what it could not make up for", () => {
  const { clock, worker, told, open } = setUp();
  const { level, get } = open();
  const slow = get();
  clock.advance(100);
  outcome(slow);
  outcome(level.purge("all"));
  for (const pause of [1000, 2000]) {
    clock.advance(pause);
    outcome(get());
    worker.answer("open", { result: undefined });
    worker.answer("clear", { error: { message: "disk I/O error", code: "SQLITE_IOERR" } });
  }
  clock.advance(4000);
  outcome(get());
  worker.answer("open", { result: undefined });
  worker.answer("clear", { result: 3 });
  worker.answer("sync", { result: undefined });
  expect(told.at(-1)).toBe("restored");
});

test("SqliteLevel owes what could not be written: an older value must not come back", () => {
  const { clock, worker, open } = setUp();
  const { get } = open();
  const found = get();
  worker.answer("get", { result: undefined });
  const { value: turn } = outcome(found) as { value: { put(value: typeof poem): void } };
  turn.put(poem);
  worker.answer("put", { error: { message: "disk I/O error", code: "SQLITE_IOERR" } });
  clock.advance(1000);
  outcome(get());
  worker.answer("open", { result: undefined });
  expect(worker.asked.map(({ command }) => command)).toMatchObject([{ does: "remove", number: 7 }]);
});

test("SqliteLevel writes no more than 8 MiB ahead of the disk", () => {
  const { worker, told, open } = setUp();
  const { get } = open();
  const large = { ...poem, bytes: new Uint8Array(2 ** 20) };
  for (let i = 0; i < 10; i++) {
    const found = get(`key ${i}`);
    worker.answer("get", { result: undefined });
    (outcome(found) as { value: { put(value: typeof poem): void } }).value.put(large as typeof poem);
  }
  expect(worker.open).toEqual([...Array.from({ length: 8 }, () => "put"), "drop", "drop"]);
  expect(told).toEqual([]);
});

test("SqliteLevel.get() reads no more than 16 entries at a time, and the others wait no longer than the timeout", () => {
  const { clock, worker, told, open } = setUp();
  const { get } = open();
  const asked = Array.from({ length: 20 }, (_, i) => get(`key ${i}`));
  expect(worker.open).toHaveLength(16);
  for (let i = 0; i < 3; i++) worker.answer("get", { result: undefined });
  expect(worker.open).toHaveLength(16);
  clock.advance(100);
  expect(asked.map((each) => outcome(each) === "waiting")).not.toContain(true);
  expect(told).toEqual(["Timed out after 100 ms"]);
});

test("SqliteStore starts another Worker if its own has died", () => {
  const { clock, worker, workers, told, open } = setUp();
  const { get } = open();
  const asked = get();
  worker.die("out of memory");
  expect(outcome(asked)).toMatchObject({ error: { message: "out of memory" } });
  expect(told).toEqual(["out of memory"]);
  clock.advance(1000);
  expect(outcome(get())).toMatchObject({ error: { message: "bypassed after a failure" } });
  expect(workers).toHaveLength(2);
  workers[1]?.answer("open", { result: undefined });
  expect(told.at(-1)).toBe("restored");
});

test("SqliteStore.close() ends in time whatever the disk does", () => {
  const { clock, worker, open } = setUp();
  const closed = open().store.close(1000);
  clock.advance(1000);
  expect(valueOf(closed)).toBeUndefined();
  expect(worker.isTerminated).toBe(true);
});
