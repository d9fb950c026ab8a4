import { expect, test } from "bun:test";
import { nextTurn } from "../support/next-turn.ts";
import { ProxyStage, type StageOptions } from "../support/proxy-stage.ts";
import type { Visitor } from "../support/visitor.ts";

/** Our kernel buffers all of it, the client's kernel does not. */
const LONG = Buffer.alloc(3 * 2 ** 20, "Where, like a pillow on a bed,\n");

/** A client that sends and does not read, with all of its answer in the kernel. */
async function talker(stage: ProxyStage): Promise<Visitor> {
  const filling = stage.visit();
  await (await stage.upstream.connection()).sendAll(LONG);
  expect((await filling).bytes.equals(LONG)).toBe(true);
  const [visitor] = await stage.visitors(1, (socket) => socket.pause());
  while ((stage.visits.at(-1)?.unsent ?? 0) > 0) await nextTurn();
  return visitor as Visitor;
}

test.each([
  ["every half second", 500, 1],
  ["a MiB every second", 1000, 2 ** 20],
  ["just when it would have to hang up", 1999, 100],
])("Proxy gives a client that reads slowly and talks %s its whole answer", async (_, pause, bytes) => {
  await using stage = await ProxyStage.open();
  const visitor = await talker(stage);
  for (let spent = 0; spent < 20_000; spent += pause) {
    const talk = Buffer.alloc(bytes, "\n");
    for (let sent = 0; sent < bytes; await nextTurn()) sent += await visitor.send(talk.subarray(sent));
    stage.clock.advance(pause);
  }
  visitor.resume();
  const { bytes: read, end } = await visitor.visit;
  expect([read.equals(LONG), end]).toEqual([true, "fin"]);
});

test("Proxy hangs up on a client that has its whole answer and keeps sending", async () => {
  const stageOptions: StageOptions = { linger: 1000 };
  await using stage = await ProxyStage.open(undefined, stageOptions);
  const visitor = await talker(stage);
  stage.clock.advance(5000);
  visitor.keepOpen();
  visitor.resume();
  expect((await visitor.visit).end).toBe("fin");
  while (stage.proxy.unserved > 0) await nextTurn(); // The last bytes may be acknowledged later.
  stage.clock.advance(1000); // The proxy notices that it has everything: now its linger time begins.
  expect(stage.gauges.clients).toBe(1);
  stage.clock.advance(1000);
  expect(stage.gauges.clients).toBe(0);
  expect(stage.log.count("client/linger/timeout")).toBe(1);
});
