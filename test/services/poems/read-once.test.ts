import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { constants, open } from "node:fs/promises";
import { join } from "node:path";
import { readOnce } from "../../../src/services/poems/read-once.ts";
import { ManualClock } from "../../../src/time/manual-clock.ts";
import { TempDir } from "../../support/temp-dir.ts";

const LIMIT = 3_000_000;

function setUp() {
  const clock = new ManualClock();
  const waits: number[] = [];
  const options = { clock, limit: LIMIT, waiting: () => void waits.push(clock.now()) };
  return { clock, waits, read: (path: string) => readOnce(path, options) };
}

describe("readOnce()", () => {
  test.each([0, 1, 1024 * 1024, LIMIT])("reads a file of %d bytes", async (length) => {
    await using dir = new TempDir();
    const bytes = new Uint8Array(length).map((_, i) => i >>> 8);
    const { read, clock } = setUp();
    expect(Buffer.from(bytes).equals(await read(await dir.write("poem", bytes)))).toBeTrue();
    expect(clock.pending).toBe(0);
  });

  test.each(["/dev/zero", "a file"])("reads no more of %s than the limit, and fails", async (name) => {
    await using dir = new TempDir();
    const path = name === "a file" ? await dir.write("poem", new Uint8Array(LIMIT + 1)) : name;
    const failure = setUp().read(path);
    expect(await failure.catch((error: unknown) => error)).toMatchObject({
      name: "FileTooLongError",
      limit: LIMIT,
    });
  });

  test("treats a FIFO without a writer as empty, and does not wait", async () => {
    await using dir = new TempDir();
    const fifo = join(dir.path, "fifo");
    spawnSync("mkfifo", [fifo]);
    expect(await setUp().read(fifo)).toHaveLength(0);
  });

  test("waits for the writer of a FIFO to end, and says so once", async () => {
    await using dir = new TempDir();
    const fifo = join(dir.path, "fifo");
    spawnSync("mkfifo", [fifo]);
    const reader = await open(fifo, constants.O_RDONLY | constants.O_NONBLOCK); // Opening to write would block.
    const writer = await open(fifo, "w");
    await reader.close();
    const { read, clock, waits } = setUp();
    const waiting = clock.nextCall();
    const poem = read(fifo);
    await waiting;
    const again = clock.nextCall();
    await writer.write("half ");
    clock.advance(20);
    await again;
    await writer.write("a poem");
    await writer.close();
    clock.advance(20);
    expect(Buffer.from(await poem).toString()).toBe("half a poem");
    expect(waits).toEqual([0]);
    expect(clock.pending).toBe(0);
  });
});
