import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { RedisLink } from "../../../src/stores/redis/redis-link.ts";
import {
  DROP,
  FINISH,
  LOOK,
  POLL,
  PURGE_ALL,
  PURGE_KEY,
  READ_LOG,
  RELEASE,
  RENEW,
  type Script,
} from "../../../src/stores/redis/scripts.ts";
import { systemClock } from "../../../src/time/clock.ts";
import { SharedServer } from "../../model/shared-server.ts";
import { HAS_REDIS, RedisServer } from "../../support/redis-server.ts";

/** A call that uses results of earlier ones: 0 is the latest. */
type Step = {
  readonly node: string;
  readonly does: string;
  readonly newerThan: number;
  readonly waitedFor: number;
};

const step: fc.Arbitrary<Step> = fc.record({
  node: fc.constantFrom("a", "b"),
  does: fc.constantFrom(
    "look",
    "look",
    "renew",
    "put",
    "drop",
    "fail",
    "release",
    "poll",
    "outdated",
    "key",
    "all",
    "log",
  ),
  newerThan: fc.constantFrom(0, 0, 1, 2),
  waitedFor: fc.constantFrom(0, 1, 2),
});

interface Lease {
  readonly number: string;
  readonly epoch: string;
  readonly token: string;
}

const KEYS = { e: "e", n: "n", l: "l", o: "o", v: "v", log: "log" };

/** Replaces the server's numbers and times by their order, so that two servers can be compared. */
function comparable(replies: readonly unknown[]): unknown {
  const seen = new Set(JSON.stringify(replies).match(/\d{16}/g) ?? []);
  const order = [...seen].toSorted();
  const text = JSON.stringify(replies).replace(/\d{16}/g, (number) => `#${order.indexOf(number)}`);
  return JSON.parse(text.replace(/\d+-\d+/g, (id) => (id === "0-0" ? id : "ID")));
}

/** Runs the steps; returns all replies. */
async function enact(
  steps: readonly Step[],
  run: (script: Script, keys: string[], args: string[]) => unknown,
): Promise<unknown[]> {
  const replies: unknown[] = [];
  const leases: Lease[] = [];
  const numbers: string[] = ["0"];
  let reached = "0-0";
  for (const [index, { node, does, newerThan, waitedFor }] of steps.entries()) {
    const { e, n, l, o, v, log } = KEYS;
    const lease = leases.at(-1 - waitedFor) ?? { number: "1", epoch: "1", token: "none:0" };
    const five = [e, n, l, o, v];
    const finish = (how: string, payload: string) =>
      run(FINISH, five, [lease.epoch, lease.number, lease.token, how, "60000", payload]);
    let reply: unknown;
    if (does === "look") {
      const wanted = numbers.at(-newerThan) ?? "0";
      const token = `${node}:${index}`;
      reply = await run(LOOK, five, [
        newerThan === 0 ? "0" : wanted,
        "0",
        token,
        "60000",
        waitedFor === 0 ? "0" : lease.number,
      ]);
      const [is, number = "", epoch = ""] = (reply as unknown[]).map(String);
      if (is === "yours") leases.push({ number, epoch, token });
      if (is === "yours") numbers.push(number);
      if (is === "value") reply = [is, number]; // Its remaining lifetime varies.
    } else if (does === "renew") reply = await run(RENEW, [n, l], [lease.token, "60000"]);
    else if (does === "put") reply = await finish("put", `value ${index}`);
    else if (does === "drop") reply = await finish("drop", `${lease.number} given\nvalue`);
    else if (does === "fail")
      reply = await finish("fail", `${lease.number} failed upstream/data/reset\nIt broke off`);
    else if (does === "release") void (await run(RELEASE, [l], [lease.token]));
    else if (does === "poll") reply = await run(POLL, [n, l], [lease.number]);
    else if (does === "outdated") void (await run(DROP, [e, v], [newerThan === 0 ? "inf" : lease.number]));
    else if (does === "key") reply = await run(PURGE_KEY, [n, log, v], [node, "a2V5"]);
    else if (does === "all") reply = await run(PURGE_ALL, [e, log], [node]);
    else {
      reply = await run(READ_LOG, [log], [reached]);
      reached = String(((reply as unknown[][])[0] as unknown[])[1]);
      reply = ((reply as unknown[][])[0] as unknown[]).map(String);
    }
    replies.push([does, reply ?? null]);
  }
  return replies;
}

describe.skipIf(!HAS_REDIS)("the scripts of the shared store", () => {
  test("do in Redis what the model's server does", async () => {
    await using server = await RedisServer.start();
    const link = new RedisLink({ url: server.url, timeout: 10_000, clock: systemClock });
    await link.connect();
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
          await link.run({ text: "return redis.call('FLUSHDB')", sha: "" }, [], []);
          const model = new SharedServer(systemClock);
          const [real, modelled] = [
            await enact(steps, (script, keys, args) => link.run(script, keys, args)),
            await enact(steps, (script, keys, args) => model.run(script, keys, args)),
          ];
          expect(comparable(real)).toEqual(comparable(modelled));
        }),
        { numRuns: 300 },
      );
    } finally {
      link.disconnect();
    }
  }, 60_000);
});
