import { describe, expect, test } from "bun:test";
import { CancelledError } from "../../../src/deferred/mod.ts";
import { LoadElsewhereError } from "../../../src/cache/second-level.ts";
import { HAS_REDIS, RedisServer } from "../../support/redis-server.ts";
import { SharedNode, valueWith } from "../../support/shared-nodes.ts";

const textOf = ({ bytes }: { readonly bytes: Uint8Array }) => Buffer.from(bytes).toString();

describe.skipIf(!HAS_REDIS)("RedisStore", () => {
  test("gives one node what another stored, byte for byte, with its lifetime, number and age", async () => {
    await using server = await RedisServer.start();
    await using one = await SharedNode.open(server.url);
    await using other = await SharedNode.open(server.url);
    const poem = Uint8Array.from({ length: 256 }, (_, i) => i);
    const lifetime = { ttl: 60_000, grace: 5000, staleIfError: 20_000 };
    const number = await one.load("a\0\xff\u2026", poem, { lifetime, age: 1500 });
    await one.value("a\0\xff\u2026"); // Wait until it is stored.
    const found = await other.value("a\0\xff\u2026");
    expect(found).toMatchObject({ bytes: poem, lifetime, number, origin: "shared", foundAs: "hit" });
    expect(found.age).toBeGreaterThanOrEqual(1500);
    expect(found.age).toBeLessThan(30_000);
    expect(await other.has("a\0\xff\u2026", { newerThan: number })).toBe(false);
    expect([one.told, other.told]).toEqual([[], []]);
  });

  test("keeps entries without expiry, and knows their age", async () => {
    await using server = await RedisServer.start();
    await using node = await SharedNode.open(server.url);
    await node.load("key", "poem", { lifetime: { ttl: Infinity, grace: 0, staleIfError: 0 }, age: 5 });
    const { age } = await node.value("key");
    expect([age >= 5, age < 30_000]).toEqual([true, true]);
  });

  test("lets one node load, and gives its value to waiters: they are coalesced", async () => {
    await using server = await RedisServer.start();
    await using one = await SharedNode.open(server.url);
    await using other = await SharedNode.open(server.url);
    const turn = await one.turn("key");
    const waiting = [other.value("key"), other.value("key")];
    await other.untilWaiting(2);
    turn.put(valueWith("poem", { number: turn.number }));
    for (const found of await Promise.all(waiting)) {
      expect(textOf(found)).toBe("poem");
      expect(found.foundAs).toBe("coalesced");
    }
  });

  test("gives a node its own lease again, because the reply may have come too late", async () => {
    await using server = await RedisServer.start();
    await using one = await SharedNode.open(server.url);
    const lost = await one.turn("key");
    const again = await one.turn("key");
    lost.put(valueWith("late", { number: lost.number }));
    again.put(valueWith("poem", { number: again.number }));
    expect(textOf(await one.value("key"))).toBe("poem");
  });

  test("fails waiters with the failed load, and lets the next one try", async () => {
    await using server = await RedisServer.start();
    await using one = await SharedNode.open(server.url);
    await using other = await SharedNode.open(server.url);
    const turn = await one.turn("key");
    const waiting = [other.find("key"), other.find("key")];
    await other.untilWaiting(2);
    turn.fail(
      Object.assign(new Error("Cannot fetch from 127.0.0.1:1"), { ending: "upstream/connect/refused" }),
    );
    for (const outcome of await Promise.allSettled(waiting)) {
      const { reason } = outcome as PromiseRejectedResult;
      expect(reason).toBeInstanceOf(LoadElsewhereError);
      expect(reason).toMatchObject({
        message: "Another node: Cannot fetch from 127.0.0.1:1",
        ending: "upstream/connect/refused",
      });
    }
    const next = await other.turn("key");
    expect(next.number).toBeGreaterThan(turn.number);
    next.fail(new CancelledError());
  });

  test("fails waiters with the refusal of the upstream, byte for byte, and keeps it nowhere", async () => {
    await using server = await RedisServer.start();
    await using one = await SharedNode.open(server.url);
    await using other = await SharedNode.open(server.url);
    const turn = await one.turn("key");
    const waiting = [other.find("key"), other.find("key")];
    await other.untilWaiting(2);
    const answer = Buffer.from("Too often \0\xff\r\n\n", "latin1");
    turn.fail(Object.assign(new Error("it refused to answer"), { ending: "upstream/data/refusal", answer }));
    for (const outcome of await Promise.allSettled(waiting)) {
      const { reason } = outcome as PromiseRejectedResult;
      expect(reason).toBeInstanceOf(LoadElsewhereError);
      expect(reason.ending).toBe("upstream/data/refusal");
      expect(Buffer.from(reason.said)).toEqual(answer);
    }
    (await other.turn("key")).fail(new CancelledError());
  });

  test("gives waiters, and no others, a value that is not kept; older ones are gone", async () => {
    await using server = await RedisServer.start();
    await using one = await SharedNode.open(server.url);
    await using other = await SharedNode.open(server.url);
    await one.load("key", "old");
    const { number } = await one.value("key");
    const turn = await one.turn("key", { newerThan: number });
    const waiting = other.value("key", { newerThan: number });
    await other.untilWaiting(1);
    turn.drop(valueWith("not kept", { number: turn.number, lifetime: { ttl: 0, grace: 0 } }));
    const found = await waiting;
    expect([textOf(found), found.lifetime.ttl, found.foundAs]).toEqual(["not kept", 0, "coalesced"]);
    (await other.turn("key")).fail(new CancelledError());
  });

  test("lets waiters load separately if the value is too long to be shared", async () => {
    await using server = await RedisServer.start();
    await using one = await SharedNode.open(server.url);
    await using other = await SharedNode.open(server.url);
    const turn = await one.turn("key");
    const waiting = [other.find("key"), other.find("key")];
    await other.untilWaiting(2);
    turn.put(valueWith(new Uint8Array(2 ** 20 + 1), { number: turn.number }));
    const found = await Promise.all(waiting);
    expect(found.every((each) => "put" in each)).toBe(true);
    for (const each of found) if ("put" in each) each.put(valueWith("poem", { number: 9 }));
  });

  test("does not keep values whose load began before a purge, of the key or of all, on any node", async () => {
    await using server = await RedisServer.start();
    await using one = await SharedNode.open(server.url);
    await using other = await SharedNode.open(server.url);
    const purges = [{ key: "key" }, "all", { matches: (key: string) => key === "key" }] as const;
    for (const [index, what] of purges.entries()) {
      const [mine, theirs] = [await one.turn("key"), await other.turn(`other key ${index}`)];
      await other.level.purge(what);
      mine.put(valueWith("late", { number: mine.number }));
      theirs.put(valueWith("other", { number: theirs.number }));
      const next = await other.turn("key", { newerThan: 0 });
      next.fail(new CancelledError());
    }
  });

  test("notifies nodes of purges by others, not of their own", async () => {
    await using server = await RedisServer.start();
    await using one = await SharedNode.open(server.url);
    await using other = await SharedNode.open(server.url);
    const heard: unknown[] = [];
    one.level.onPurgeElsewhere?.((what) => heard.push(["one", what]));
    other.level.onPurgeElsewhere?.((what) => heard.push(["other", what]));
    await server.untilCalled("xrevrange", 2); // Both have read the log once.
    await one.load("a\xff", "poem");
    expect(await one.level.purge({ key: "a\xff" })).toBe(1);
    expect(await one.level.purge("all")).toBe(0);
    expect(heard).toEqual([
      ["other", { key: "a\xff" }],
      ["other", "all"],
    ]);
    expect(await one.has("a\xff")).toBe(false);
  });

  test("ignores invalid values: another type, garbage, another key's value", async () => {
    await using server = await RedisServer.start();
    await using node = await SharedNode.open(server.url);
    await node.load("key", "poem");
    const name = (await server.cli("KEYS", "poetry:poems:1:v:*")).split("\n")[0] as string;
    const epoch = await server.cli("GET", "poetry:poems:1:e");
    await node.load("other", "other poem");
    for (const spoil of [
      ["SET", name, "garbage"],
      ["SET", name, `${epoch} 8000000000000000\ngarbage`, "PX", "10000"],
      ["SETRANGE", name, "60", "XX"],
    ]) {
      expect(await server.cli(...spoil)).toMatch(/OK|\d+/);
      expect((await node.turn("key")).number).toBeGreaterThan(0);
      await server.cli("DEL", ...(await server.cli("KEYS", "poetry:poems:1:l:*")).split("\n"));
    }
    await server.cli("DEL", name);
    await server.cli("LPUSH", name, "list");
    expect((await node.turn("key")).number).toBeGreaterThan(0);
    expect(node.told).toEqual([]);
  });
});
