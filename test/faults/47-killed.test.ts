import { expect, test } from "bun:test";
import { join } from "node:path";
import { OpenedStore, StoreDir } from "../support/opened-store.ts";
import { numberOf, WRITTEN_KEYS } from "../support/written-values.ts";

/** 20 here; `bun run torture kill` kills more often. */
const KILLS = Number(process.env.POETRY_KILLS ?? 20);
const WRITER = join(import.meta.dir, "../support/store-writer.ts");

/** Lets a process write into `path` for `ms` milliseconds, kills it, and returns the lines it has printed. */
async function writeAndKill(path: string, first: number, ms: number): Promise<string[]> {
  const writer = Bun.spawn([process.execPath, WRITER, path, String(first)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const decoder = new TextDecoder();
  let said = "";
  for await (const chunk of writer.stdout) {
    if (said === "") setTimeout(() => writer.kill("SIGKILL"), ms);
    said += decoder.decode(chunk, { stream: true });
  }
  await writer.exited;
  return said.split("\n").slice(1, -1); // After the last line end comes a line that it could not finish.
}

test(
  `47: killed ${KILLS} times while writing, a store returns only complete values, and none that was purged`,
  async () => {
    await using dir = new StoreDir();
    const floors = new Map<string, number>();
    let survivors = 0;
    for (let round = 0; round < KILLS; round++) {
      for (const line of await writeAndKill(dir.file, 1 + round * 1e6, Math.random() * 150)) {
        const { purged, before } = JSON.parse(line) as { purged: string; before: number };
        const keys = purged === "all" ? Array.from({ length: WRITTEN_KEYS }, (_, i) => `key ${i}`) : [purged];
        for (const key of keys) floors.set(key, before);
      }
      await using opened = await OpenedStore.open(dir.file);
      for (let i = 0; i < WRITTEN_KEYS; i++) {
        const value = await opened.textOf(`key ${i}`);
        if (value === undefined) continue;
        survivors++;
        const number = numberOf(`key ${i}`, value);
        expect(number, `the value of key ${i}`).toBeGreaterThan(floors.get(`key ${i}`) ?? 0);
      }
      expect(opened.told).toEqual([]);
    }
    expect(survivors).toBeGreaterThan(0);
  },
  KILLS * 3000,
);
