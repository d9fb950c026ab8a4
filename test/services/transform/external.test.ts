import { expect, test } from "bun:test";
import { CancelledError } from "../../../src/deferred/mod.ts";
import { externalTransformation } from "../../../src/services/transform/external.ts";
import { applyAll, type TransformError } from "../../../src/services/transform/transformation.ts";
import { DEFAULT_TIMEOUTS } from "../../../src/services/fetch/trip.ts";
import { ManualClock } from "../../../src/time/manual-clock.ts";
import { ScriptedPeer, type PeerConnection } from "../../support/scripted-peer.ts";

const POEM = Buffer.from("Tread softly");

function setUp(script: (connection: PeerConnection) => void = () => {}) {
  const peer = new ScriptedPeer(script);
  const clock = new ManualClock();
  const server = {
    timeouts: DEFAULT_TIMEOUTS,
    address: peer.address,
    clock,
    maxAnswer: 20,
    protocolFailed: (error: unknown) => expect.unreachable(String(error)),
  };
  return { peer, clock, named: (name: string) => externalTransformation(name, server) };
}

test("externalTransformation() sends the name and the poem, and fires with the transformed poem", async () => {
  const { peer, named } = setUp((connection) => connection.send("12:tread softly,").fin());
  await using _ = peer;
  expect(Buffer.from(await named("cummingsify").apply(POEM)).toString()).toBe("tread softly");
  expect(peer.connections.map(({ received }) => received)).toEqual(["24:cummingsify.Tread softly,"]);
});

test.each([
  [
    "ends without an answer",
    (peer: PeerConnection) => peer.fin(),
    "declined",
    "closed without answering: unknown transformation",
  ],
  ["breaks off", (peer: PeerConnection) => peer.send("5:tre").fin(), "incomplete", "cut short after 5 bytes"],
  [
    "sends no netstring",
    (peer: PeerConnection) => peer.send("sorry").fin(),
    "malformed",
    "netstring without",
  ],
  ["says too much", (peer: PeerConnection) => peer.send("21:").fin(), "too_large", "longer than 24 bytes"],
  ["resets", (peer: PeerConnection) => peer.send("2").reset(), "reset", "connection reset"],
] as const)("externalTransformation() fails when the server %s", async (_what, fails, reason, detail) => {
  const { peer, named } = setUp((connection) => (connection.onData = () => fails(connection)));
  await using _ = peer;
  const error = (await named("shout")
    .apply(POEM)
    .addErrback(({ value }) => value)) as TransformError;
  expect(error).toMatchObject({ name: "TransformError", reason });
  expect(error.message).toStartWith(`Cannot transform by shout at 127.0.0.1:${peer.port}: ${detail}`);
});

test("externalTransformation() hangs up when it is cancelled", async () => {
  const { peer, clock, named } = setUp();
  await using _ = peer;
  const transformed = named("shout").apply(POEM);
  await peer.connection();
  transformed.cancel();
  expect(await transformed.addErrback(({ value }) => value)).toBeInstanceOf(CancelledError);
  await peer.until(() => peer.open === 0);
  expect(clock.pending).toBe(0);
});

test("applyAll() applies one transformation to the result of the one before, and stops at the first that fails", async () => {
  const { peer, named } = setUp((connection) => {
    connection.onData = () => {
      const { received } = connection;
      if (received.startsWith("13:no")) connection.fin();
      else connection.send(`${received.length}:${received},`).fin();
    };
  });
  await using _ = peer;
  const done = await applyAll([named("a"), named("b")], Buffer.from("x"));
  expect(Buffer.from(done).toString()).toBe("8:b.3:a.x,,");
  expect(peer.connections.map(({ received }) => received)).toEqual(["3:a.x,", "8:b.3:a.x,,"]);
  const failed = applyAll([named("no"), named("c")], Buffer.from("more words"));
  expect(await failed.addErrback(({ value }) => value)).toMatchObject({ reason: "declined" });
  expect(peer.connections).toHaveLength(3);
});
