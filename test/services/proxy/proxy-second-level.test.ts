import { expect, test } from "bun:test";
import { Numbers } from "../../../src/cache/numbers.ts";
import { FakeLevel } from "../../support/fake-level.ts";
import { ProxyStage, type StageOptions } from "../../support/proxy-stage.ts";
import type { PeerConnection } from "../../support/scripted-peer.ts";

function openStage(
  level: FakeLevel,
  script: (connection: PeerConnection) => void,
  options: StageOptions = {},
) {
  const secondLevels = { levels: [level], numbers: new Numbers(() => 1) };
  return ProxyStage.open(script, { ttl: 1000, secondLevels, ...options });
}

test("Proxy serves from its second level: a hit, without an upstream", async () => {
  const level = new FakeLevel();
  level.has("", { text: "kept poem", age: 100 });
  await using stage = await openStage(level, (connection) => connection.send("poem").fin());
  expect(await stage.visit()).toEqual({ bytes: Buffer.from("kept poem"), end: "fin" });
  await stage.log.until("visited");
  const [visit] = stage.log.all("visited");
  expect(visit).toMatchObject({ status: "hit", ending: "ok", fetch: undefined });
  expect(await stage.visit()).toMatchObject({ end: "fin" });
  expect([stage.upstream.connections.length, level.told.length]).toEqual([0, 1]);
});

test("Proxy stores what it fetches in its second level", async () => {
  const level = new FakeLevel();
  await using stage = await openStage(level, (connection) => connection.send("poem").fin());
  expect(await stage.visit()).toEqual({ bytes: Buffer.from("poem"), end: "fin" });
  expect(level.told).toEqual(["get  > 0", "put  #1000"]);
  expect(Buffer.from(level.shelf.get("")?.bytes ?? []).toString()).toBe("poem");
  expect(stage.log.all("fetched")[0]).toMatchObject({ number: 1 }); // The log's numbers are unaffected.
});

test("Proxy bypasses a second level that fails: no client notices", async () => {
  const level = new FakeLevel();
  level.failure = new Error("disk on fire");
  await using stage = await openStage(level, (connection) => connection.send("poem").fin());
  for (let i = 0; i < 3; i++) expect(await stage.visit()).toEqual({ bytes: Buffer.from("poem"), end: "fin" });
  expect(stage.upstream.connections).toHaveLength(1);
});

test("Proxy judges the answers of its second level by the rules in force", async () => {
  const level = new FakeLevel();
  level.has("", { text: "no such name", number: 3 });
  const noStore = { test: (text: string) => text.includes("no such") };
  await using stage = await openStage(level, (connection) => connection.send("poem").fin(), { noStore });
  expect(await stage.visit()).toEqual({ bytes: Buffer.from("poem"), end: "fin" });
  expect(level.told).toEqual(["get  > 0", "get  > 3", "put  #1000"]);
});

test("Proxy.purge() fires when the second level has dropped the answers, too", async () => {
  const level = new FakeLevel();
  await using stage = await openStage(level, (connection) => connection.send("poem").fin());
  await stage.proxy.kept.purge();
  expect(level.told).toEqual(["purge all"]);
  level.failure = new Error("disk on fire");
  expect(await stage.proxy.kept.purge().addErrback(() => "failed")).toBe("failed");
});
