import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { OpenedStore } from "../support/opened-store.ts";
import { nextTurn } from "../support/next-turn.ts";
import { MAY_MOUNT, Tmpfs } from "../support/tmpfs.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";

/** A store with a clock that only the test advances: no timeout passes by itself, nor does a pause. */
function setUp(file: string) {
  const clock = new ManualClock();
  return { clock, opening: OpenedStore.open(file, { clock, random: () => 0.5 }) };
}

/** Lets the breaker's pause pass, and resolves when the store works again. */
async function restored(opened: OpenedStore, clock: ManualClock): Promise<void> {
  while (opened.store.isFailing) {
    clock.advance(30_000 * 1.2);
    await opened.textOf("key").catch(() => {});
    await nextTurn();
  }
}

const quarter = new Uint8Array(2 ** 18);

test.skipIf(!MAY_MOUNT)(
  "49: a full disk: reported once, the file is removed, and a smaller one takes its place",
  async () => {
    await using disk = new Tmpfs("size=8m");
    const { clock, opening } = setUp(disk.file);
    await using opened = await opening;
    // As many as it takes: what the Worker cannot keep up with is not written.
    for (let i = 0; !opened.store.isFailing; i++) await opened.load(`key ${i}`, quarter).catch(() => {});
    expect(opened.told).toEqual([expect.stringContaining("SQLITE_FULL")]);
    await restored(opened, clock);
    expect(opened.told).toEqual([expect.stringContaining("SQLITE_FULL"), "restored"]);
    for (let i = 0; i < 60; i++) await opened.load(`later ${i}`, quarter);
    while ((await opened.textOf("last")) === undefined) await opened.load("last", quarter);
    expect(opened.told).toHaveLength(2); // It stays below the size of the disk.
  },
);

test.skipIf(!MAY_MOUNT)(
  "49: a read-only disk does not keep a service from starting, and is reported once",
  async () => {
    await using disk = new Tmpfs("size=8m");
    {
      await using opened = await setUp(disk.file).opening;
      await opened.load("key", "poem");
      await opened.load("purged", "poem");
    }
    disk.remount("ro");
    const { clock, opening } = setUp(disk.file);
    await using opened = await opening;
    expect(opened.told).toEqual([expect.stringMatching(/SQLITE_|EROFS/)]);
    expect(await opened.level.purge({ key: "purged" }).addErrback(String)).toContain("bypassed");
    disk.remount("rw");
    await restored(opened, clock);
    expect(opened.told).toEqual([expect.any(String), "restored"]);
    expect([await opened.textOf("key"), await opened.textOf("purged")]).toEqual(["poem", undefined]);
  },
);

test.skipIf(!MAY_MOUNT)(
  "49: a disk that is full at the start does not keep a service from starting",
  async () => {
    await using disk = new Tmpfs("size=64k");
    await Bun.write(`${disk.path}/ballast`, new Uint8Array(60_000));
    const { clock, opening } = setUp(disk.file);
    await using opened = await opening;
    expect(opened.told).toEqual([expect.stringMatching(/SQLITE_|ENOSPC/)]);
    await Bun.write(`${disk.path}/ballast`, "");
    disk.remount("size=8m");
    await restored(opened, clock);
    await opened.load("key", "poem");
    expect(await opened.textOf("key")).toBe("poem");
    expect(readdirSync(disk.path)).toContain("poetry.db");
  },
);
