import { expect, test } from "bun:test";
import { FetchGate } from "../../../src/services/fetch/gate.ts";
import { DEFAULT_TIMEOUTS } from "../../../src/services/fetch/trip.ts";
import { PIECE } from "../../../src/services/budget.ts";
import type { Delivery } from "../../../src/services/intake.ts";
import { Memory } from "../../../src/services/memory.ts";
import { externalTransformation } from "../../../src/services/transform/external.ts";
import { filter } from "../../../src/services/transform/filter.ts";
import { ManualClock } from "../../../src/time/manual-clock.ts";
import { nextTurn } from "../../support/next-turn.ts";
import { ScriptedPeer } from "../../support/scripted-peer.ts";

const MIB = 2 ** 20;
const LENGTH = 8 * MIB;
const POEM = Buffer.from("Tread softly");
const clock = new ManualClock();

/** Memory that is used up by something else, and a transformation's workspace. */
function scarce() {
  const memory = new Memory({ limit: 16 * MIB, maxAnswer: LENGTH });
  const other = memory.intake.open();
  const delivery = memory.intake.open();
  other.takes(17 * MIB);
  return { memory, other, delivery };
}

/** Waits until part of the delivery has arrived, and more could have. */
async function untilBegun(delivery: Delivery): Promise<void> {
  while (delivery.bytes === 0) await nextTurn();
  for (let turn = 0; turn < 5000; turn++) await nextTurn();
}

test("a filter that prints waits while there is no memory, and continues later", async () => {
  const { memory, other, delivery } = scarce();
  const command = ["head", "-c", `${LENGTH}`, "/dev/zero"];
  const options = { clock, command, timeout: 0, maxOutput: LENGTH, gate: new FetchGate(1, 1) };
  const answer = filter("f", options).apply(POEM, delivery);
  await untilBegun(delivery);
  expect(delivery.bytes).toBeLessThanOrEqual(PIECE);
  other.close();
  expect(await answer).toHaveLength(LENGTH);
  expect(delivery.bytes).toBeGreaterThanOrEqual(LENGTH);
  delivery.close();
  expect(memory.budget.used).toBe(0);
});

test("an external transformation pauses its answer while there is no memory, and continues later", async () => {
  await using peer = new ScriptedPeer((upstream) => {
    upstream.onData = () => void upstream.sendAll(Buffer.from(`${LENGTH}:${"x".repeat(LENGTH)},`));
  });
  const { memory, other, delivery } = scarce();
  const server = {
    timeouts: DEFAULT_TIMEOUTS,
    address: peer.address,
    clock,
    maxAnswer: LENGTH,
    protocolFailed: (error: unknown) => expect.unreachable(String(error)),
  };
  const answer = externalTransformation("shout", server).apply(POEM, delivery);
  await peer.connection();
  for (let turn = 0; turn < 100; turn++) await nextTurn();
  expect(delivery.bytes).toBeLessThanOrEqual(PIECE);
  other.close();
  expect(await answer).toHaveLength(LENGTH);
  expect(delivery.bytes).toBeGreaterThanOrEqual(LENGTH);
  delivery.close();
  expect(memory.budget.used).toBe(0);
});
