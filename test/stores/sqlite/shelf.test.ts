import { expect, test } from "bun:test";
import { readdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { Shelf } from "../../../src/stores/sqlite/shelf.ts";
import type { Command } from "../../../src/stores/sqlite/messages.ts";
import { ManualClock } from "../../../src/time/manual-clock.ts";
import { StoreDir } from "../../support/opened-store.ts";

function setUp(path: string) {
  const clock = new ManualClock();
  const shelf = new Shelf({ clock, wall: () => 1_000_000 + clock.now() });
  const open = { does: "open", path, maxBytes: 2 ** 20 } as const;
  /** The reply so far; undefined: none yet. */
  const ask = (command: Command): { outcome: unknown } => {
    const reply: { outcome: unknown } = { outcome: undefined };
    shelf.do(
      command,
      (outcome) => (reply.outcome = "result" in outcome ? { result: outcome.result } : outcome.error),
    );
    return reply;
  };
  const put = (key: number, until = Infinity) =>
    ask({
      does: "put",
      service: "poems",
      hash: new Uint8Array(16).fill(key),
      key: String(key),
      number: 1,
      until,
      value: new Uint8Array(3000),
    });
  const get = (key: number) => ask({ does: "get", service: "poems", hash: new Uint8Array(16).fill(key) });
  return { clock, ask, put, get, open: () => ask(open).outcome };
}

test("Shelf.do() replies to a write when it is committed, at most 100 ms later, and reads it at once", async () => {
  await using dir = new StoreDir();
  const { clock, ask, put, get, open } = setUp(dir.file);
  expect(open()).toEqual({ result: undefined });
  const written = put(1);
  expect(get(1).outcome).toEqual({ result: new Uint8Array(3000) });
  clock.advance(99);
  expect(written.outcome).toBeUndefined();
  clock.advance(1);
  expect(written.outcome).toEqual({ result: undefined });
  ask({ does: "close" });
  expect(clock.pending).toBe(0);
});

test("Shelf does housekeeping every minute: expired entries go, and the log does not grow", async () => {
  await using dir = new StoreDir();
  const { clock, ask, put, open } = setUp(dir.file);
  open();
  for (let key = 0; key < 250; key++) put(key, key < 240 ? 1_000_001 : Infinity);
  clock.advance(60_000);
  while (clock.turnsDue > 0) clock.turn();
  expect(ask({ does: "figures" }).outcome).toMatchObject({ result: { entries: 10 } });
  clock.advance(60_000);
  expect(Bun.file(`${dir.file}-wal`).size).toBe(0);
  ask({ does: "close" });
});

test("Shelf notices within a minute that its file has gone, and makes another if it can", async () => {
  await using dir = new StoreDir();
  const { clock, ask, put, get, open } = setUp(dir.file);
  open();
  put(1);
  renameSync(dir.path, `${dir.path}-moved`);
  clock.advance(60_000);
  expect(get(1).outcome).toMatchObject({
    code: "CLOSED",
    message: "it is closed after a failure: its file has gone, ENOENT",
  });
  expect(open()).toMatchObject({ code: "ENOENT" });
  renameSync(`${dir.path}-moved`, dir.path);
  await rm(dir.file);
  expect(open()).toEqual({ result: undefined });
  expect(get(1).outcome).toEqual({ result: undefined });
  ask({ does: "close" });
});

test("Shelf sets aside a damaged file, and starts another", async () => {
  await using dir = new StoreDir();
  const { clock, ask, put, get, open } = setUp(dir.file);
  open();
  for (let key = 0; key < 250; key++) put(key);
  ask({ does: "close" });
  const bytes = readFileSync(dir.file);
  writeFileSync(dir.file, bytes.fill(0xa5, bytes.length / 2));
  open();
  const outcomes = Array.from({ length: 250 }, (_, key) => get(key).outcome as { code?: string });
  expect(outcomes.map(({ code }) => code).find(Boolean)).toMatch(/^SQLITE_CORRUPT/);
  expect(readdirSync(dir.path)).toEqual(["poetry.db.damaged"]);
  expect(open()).toEqual({ result: undefined });
  put(1);
  clock.advance(100);
  ask({ does: "close" });
  truncateSync(dir.file, 8192);
  expect(open()).toEqual({ result: expect.stringMatching(/malformed.*SQLITE_CORRUPT.*starting afresh/) });
  expect(get(1).outcome).toEqual({ result: undefined });
  ask({ does: "close" });
  expect(readdirSync(dir.path).toSorted()).toEqual(["poetry.db", "poetry.db.damaged"]);
});
