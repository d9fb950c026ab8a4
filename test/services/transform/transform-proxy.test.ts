import { describe, expect, test } from "bun:test";
import { TransformProxy, type TransformRequests } from "../../../src/services/transform/transform-proxy.ts";
import { TransformServer } from "../../../src/services/transform/transform-server.ts";
import { TRANSFORMATIONS } from "../../support/built-in.ts";
import { FakeTransport } from "../../support/fake-transport.ts";
import { roomy } from "../../support/roomy.ts";
import { ProxyStage, type StageOptions } from "../../support/proxy-stage.ts";
import type { PeerConnection } from "../../support/scripted-peer.ts";
import { Visitor, type Visit } from "../../support/visitor.ts";

const nothing: Visit = { bytes: Buffer.alloc(0), end: "reset" };
const answered = (text: string): Visit => ({ bytes: Buffer.from(text), end: "fin" });
const netstringOf = (content: string) => `${Buffer.byteLength(content)}:${content},`;

/** The production proxy in front of a scripted transformation server. */
function open(
  script?: (connection: PeerConnection) => void,
  options: StageOptions = {},
  requests: Partial<TransformRequests> = {},
): Promise<ProxyStage> {
  return ProxyStage.open(
    script,
    options,
    (all) =>
      new TransformProxy({ ...all, requests: { maxPoem: 2 ** 20, requestTimeout: 10_000, ...requests } }),
  );
}

async function ask(stage: ProxyStage, content: string): Promise<Visit> {
  const visitor = new Visitor(stage.port);
  await visitor.send(netstringOf(content));
  return visitor.visit;
}

/** A server that echoes each complete request. */
function echo(connection: PeerConnection): void {
  connection.onData = () => {
    const { received } = connection;
    if (received.endsWith(",")) connection.send(netstringOf(`<${received}>`)).fin();
  };
}

describe("TransformProxy", () => {
  test("has each transformation of each poem done once, and sends each its own answer", async () => {
    await using stage = await open(echo);
    for (let round = 0; round < 2; round++) {
      for (const content of ["shout.one", "shout.two", "rot13.one", "shout."]) {
        expect(await ask(stage, content)).toEqual(answered(netstringOf(`<${netstringOf(content)}>`)));
      }
    }
    expect(stage.upstream.connections).toHaveLength(4);
    await stage.log.until("hit", 4);
  });

  test("shares one trip among all clients with the same request, and no others", async () => {
    await using stage = await open();
    const same = Array.from({ length: 20 }, () => ask(stage, "shout.one"));
    const other = ask(stage, "shout.two");
    await stage.log.until("coalesced", 19);
    await stage.log.until("miss", 2);
    const { connections } = stage.upstream;
    await stage.upstream.until(
      () => connections.length === 2 && connections.every(({ received }) => received.endsWith(",")),
    );
    for (const connection of connections) connection.send(netstringOf(connection.received)).fin();
    for (const one of same) expect(await one).toEqual(answered(netstringOf(netstringOf("shout.one"))));
    expect(await other).toEqual(answered(netstringOf(netstringOf("shout.two"))));
  });

  test("answers a hit in the step in which the request is complete", async () => {
    await using stage = await open((connection) => connection.send("3:ONE,").fin());
    await ask(stage, "shout.one");
    const transport = new FakeTransport();
    stage.proxy["serve"](transport).dataReceived?.(Buffer.from("9:shout.one,"));
    expect({ written: transport.written, end: transport.end }).toEqual({ written: "3:ONE,", end: "close" });
  });

  const FAILURES: [what: string, script: (connection: PeerConnection) => void, reason: string][] = [
    ["ends without an answer: it knows no such transformation", (peer) => peer.fin(), "declined"],
    ["resets before the length", (peer) => peer.reset(), "reset"],
    ["resets in the length", (peer) => peer.send("1").reset(), "reset"],
    ["ends in the length", (peer) => peer.send("1").fin(), "incomplete"],
    ["ends behind the length", (peer) => peer.send("3:").fin(), "incomplete"],
    ["ends in the poem", (peer) => peer.send("3:ON").fin(), "incomplete"],
    ["ends before the comma", (peer) => peer.send("3:ONE").fin(), "incomplete"],
    ["resets behind the comma", (peer) => peer.send("3:ONE,").reset(), "reset"],
    ["sends words", (peer) => peer.send("no such transformation\n").fin(), "malformed"],
    ["sends a leading zero", (peer) => peer.send("03:ONE,").fin(), "malformed"],
    ["sends a wrong length", (peer) => peer.send("2:ONE,").fin(), "malformed"],
    ["sends something behind the comma", (peer) => peer.send("3:ONE,\n").fin(), "malformed"],
    ["sends two answers", (peer) => peer.send("3:ONE,3:ONE,").fin(), "malformed"],
    ["announces too much", (peer) => void peer.send("1048577:"), "too_large"],
    ["announces more than there is", (peer) => void peer.send("999999999999999999:"), "too_large"],
  ];

  test.each(FAILURES)(
    "resets its clients when the server %s, keeps nothing, and asks again",
    async (_what, fails, reason) => {
      let isBroken = false;
      await using stage = await open(
        (connection) => {
          connection.onData = () => {
            if (!connection.received.endsWith(",")) return;
            if (isBroken) fails(connection);
            else connection.send("3:ONE,").fin();
          };
        },
        { maxAnswer: 2 ** 20 },
      );
      expect(await ask(stage, "shout.one")).toEqual(answered("3:ONE,"));
      isBroken = true;
      for (let i = 1; i <= 2; i++) {
        expect(await ask(stage, "shout.two")).toEqual(nothing);
        expect(stage.failures.at(-1)?.reason).toBe(reason as never);
        expect(stage.upstream.connections).toHaveLength(1 + i);
      }
      expect(await ask(stage, "shout.one")).toEqual(answered("3:ONE,")); // Still from the cache.
      isBroken = false;
      expect(await ask(stage, "shout.two")).toEqual(answered("3:ONE,"));
    },
  );

  test.each([
    ["no dot", netstringOf("cummingsify")],
    ["no netstring", "cummingsify.poem"],
    ["a name with a blank", netstringOf("a b.poem")],
    ["a poem that is too long", `${2 ** 20 + 100}:shout.`],
    ["a name that --transforms does not let through", netstringOf("rot13.poem")],
  ])("resets a client that sends %s, without a word to the server", async (_what, sent) => {
    await using stage = await open(echo, {}, { allowed: new Set(["shout"]) });
    const visitor = new Visitor(stage.port);
    await visitor.send(sent);
    expect(await visitor.visit).toEqual(nothing);
    await stage.log.until("client/request", 1);
    expect(stage.upstream.connections).toHaveLength(0);
    expect((await ask(stage, "shout.poem")).end).toBe("fin");
  });

  test("keeps the answer and no copy of the poem that was sent", async () => {
    await using stage = await open(
      (connection) => {
        connection.onData = () => void (connection.received.endsWith(",") && connection.send("1:x,").fin());
      },
      { maxMemory: 2 ** 21 },
    );
    const long = `acrostic.${"x".repeat(2 ** 19)}`;
    for (let i = 0; i < 2; i++) expect(await ask(stage, long)).toEqual(answered("1:x,"));
    expect(stage.upstream.connections).toHaveLength(1);
    expect(stage.gauges.bytes).toBeLessThan(1000);
  });

  test("drops an answer when its ttl is over", async () => {
    await using stage = await open((connection) => connection.send("3:ONE,").fin(), { ttl: 1000 });
    for (const ms of [0, 999, 1]) {
      stage.clock.advance(ms);
      expect(await ask(stage, "shout.one")).toEqual(answered("3:ONE,"));
    }
    expect(stage.upstream.connections).toHaveLength(2);
  });

  test("works like a TransformServer, but without the clean close for a bad request", async () => {
    await using stage = await open();
    const server = new TransformServer({
      transformations: TRANSFORMATIONS,
      maxPoem: 100,
      maxAnswer: 100,
      requestTimeout: 0,
      memory: roomy(),
      listen: { address: { host: "127.0.0.1", port: 0 } },
      clock: stage.clock,
      observer: stage.log.observe,
    });
    const upstream = await server.start();
    await using front = await open(undefined, { upstream });
    expect(await ask(front, "shout.one")).toEqual(answered("3:ONE,"));
    expect(await ask(front, "no-such-thing.one")).toEqual(nothing);
    await server.drain();
  });
});
