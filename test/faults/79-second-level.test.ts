import { expect, test } from "bun:test";
import { Numbers } from "../../src/cache/numbers.ts";
import { SqliteStore } from "../../src/stores/sqlite/sqlite-store.ts";
import { ProxyStage } from "../support/proxy-stage.ts";
import { SlowWorker } from "../support/slow-worker.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";

test("79: a hanging disk costs the first miss 100 ms, and no other request anything", async () => {
  const clock = new ManualClock();
  const worker = new SlowWorker();
  const told: string[] = [];
  const opening = SqliteStore.open({
    path: "/nowhere/poetry.db",
    maxBytes: 2 ** 20,
    timeout: 100,
    clock,
    wall: () => 1_700_000_000_000,
    failed: (error) => told.push((error as Error).message),
    restored: () => told.push("restored"),
    startWorker: () => worker as unknown as Worker,
  });
  worker.answer("open", { result: undefined });
  const store = await opening;
  const secondLevels = { levels: [store.level("poems 1")], numbers: new Numbers(() => 1) };
  await using stage = await ProxyStage.open((connection) => connection.send("poem").fin(), {
    ttl: 0,
    secondLevels,
  });
  const poem = { bytes: Buffer.from("poem"), end: "fin" } as const;

  const [first] = await stage.visitors(1);
  expect(worker.open).toEqual(["get"]);
  expect(stage.upstream.connections).toHaveLength(0);
  clock.advance(100);
  expect(await first?.visit).toEqual(poem);
  for (let i = 0; i < 3; i++) expect(await stage.visit()).toEqual(poem);
  expect([told, worker.open]).toEqual([["Timed out after 100 ms"], ["get"]]);
});
