import { describe, expect, test } from "bun:test";
import { CancelledError, Deferred, fail, succeed } from "../../../src/deferred/mod.ts";
import { BUILT_IN } from "../../../src/services/transform/built-in.ts";
import { TransformError, type Transformation } from "../../../src/services/transform/transformation.ts";
import { TRANSFORMATIONS } from "../../support/built-in.ts";
import { TransformServer } from "../../../src/services/transform/transform-server.ts";
import { FakeTransport } from "../../support/fake-transport.ts";
import { ManualClock } from "../../../src/time/manual-clock.ts";
import { portOf } from "../../support/port-of.ts";
import { Recorder } from "../../support/recorder.ts";
import { roomy } from "../../support/roomy.ts";
import { visit, type Visit } from "../../support/visitor.ts";

/** A transformation with the outcome that the test returns. */
function transformation(name: string, apply: Transformation["apply"]): Transformation {
  return { name, description: "for a test", apply };
}

function setUp(...more: Transformation[]) {
  const clock = new ManualClock();
  const log = new Recorder();
  const server = new TransformServer({
    transformations: [...TRANSFORMATIONS, ...more],
    maxPoem: 100,
    maxAnswer: 110,
    requestTimeout: 10_000,
    memory: roomy(),
    listen: { address: { host: "127.0.0.1", port: 0 } },
    clock,
    observer: log.observe,
  });
  /** A client without a socket that has sent this. */
  const client = (sent: string) => {
    const transport = new FakeTransport();
    const protocol = server["serve"](transport);
    protocol.dataReceived?.(Buffer.from(sent));
    return { transport, protocol };
  };
  const answer = (sent: string) => {
    const { transport } = client(sent);
    return { written: transport.written, end: transport.end };
  };
  return { clock, log, server, client, answer };
}

const netstringOf = (content: string) => `${Buffer.byteLength(content)}:${content},`;

describe("TransformServer", () => {
  test("answers with the transformed poem as a netstring, and closes", async () => {
    const { server, log } = setUp();
    const port = portOf(await server.start());
    expect(log.events[0]).toMatchObject({
      what: "servingTransforms",
      about: { count: BUILT_IN.length, address: { port } },
    });
    const ask = (sent: string) => visit(port, (socket) => void socket.write(sent));
    const answered: Visit = { bytes: Buffer.from("14:forse perché,,"), end: "fin" };
    expect(await ask(netstringOf("cummingsify.Forse perché,"))).toEqual(answered);
    expect(await ask("17:no-such-thing.abc,")).toEqual({ bytes: Buffer.alloc(0), end: "fin" });
    await server.drain();
    expect(log.all("transformed")).toMatchObject([{ names: ["cummingsify"], bytes: 14 }]);
    expect(log.all("visited")).toMatchObject([
      { ending: "ok", isReset: false },
      {
        ending: "client/request/unknown",
        isReset: false,
        detail: 'unknown transformation "no-such-thing"',
      },
    ]);
  });

  test.each([
    ["rot13.Gernq fbsgyl.", "Tread softly."],
    ["shout.a.b,c", "A.B,C"],
    ["shout.", ""],
  ])("makes of %j %j", (request, poem) => {
    expect(setUp().answer(netstringOf(request))).toEqual({ written: netstringOf(poem), end: "close" });
  });

  test("accepts a request in pieces, and discards what follows it", () => {
    const { client } = setUp();
    const { transport, protocol } = client("7:shout");
    expect(transport.end).toBeUndefined();
    protocol.dataReceived?.(Buffer.from(".a,7:shout.b,"));
    expect({ written: transport.written, end: transport.end }).toEqual({ written: "1:A,", end: "close" });
    protocol.dataReceived?.(Buffer.from("more"));
    expect(transport.written).toBe("1:A,");
  });

  test.each([
    ["an unknown name", netstringOf("no-such-thing.poem"), "unknown"],
    ["a name of every object", netstringOf("constructor.poem"), "unknown"],
    ["no dot", netstringOf("cummingsify"), "malformed"],
    ["no name", netstringOf(".poem"), "malformed"],
    ["no netstring", "cummingsify.poem", "malformed"],
    ["a leading zero", "07:shout.a,", "malformed"],
    ["no comma", "7:shout.a;", "malformed"],
    ["a poem that is too long", netstringOf(`shout.${"x".repeat(101)}`), "too_long"],
    ["a length that is too long", "999999999999:", "too_long"],
  ])("declines %s: a clean end, and no answer", (_what, sent, reason) => {
    const { client, clock } = setUp();
    const { transport } = client(sent);
    expect({ written: transport.written, end: transport.end }).toEqual({ written: "", end: "close" });
    expect(transport.ending as string).toBe(`client/request/${reason}`);
    expect(clock.pending).toBe(0);
  });

  test("declines a request that is cut short", () => {
    const { transport, protocol } = setUp().client("7:shout");
    protocol.inputEnded?.();
    expect(transport.end).toBe("close");
    expect(transport.ending).toBe("client/request/incomplete");
  });

  test("resets a client that sends no request in time", () => {
    const { client, clock } = setUp();
    const { transport } = client("7:shout");
    clock.advance(10_000);
    expect(transport.end).toBe("abort");
    expect(transport.ending).toBe("client/request/timeout");
  });

  test("resets a client that has not sent its request when the service stops, and serves one that has", () => {
    const slow = new Deferred<Uint8Array>();
    const { client } = setUp(transformation("slow", () => slow));
    const [late, early] = [client("7:shout"), client(netstringOf("slow.poem"))];
    for (const { protocol } of [late, early]) protocol.draining?.();
    expect(late.transport.end).toBe("abort");
    expect(late.transport.ending).toBe("proxy/request/draining");
    slow.callback(Buffer.from("verse"));
    expect(early.transport.written).toBe("5:verse,");
  });

  test("accepts a poem of exactly the limit", () => {
    expect(setUp().answer(netstringOf(`shout.${"x".repeat(100)}`)).end).toBe("close");
  });

  test.each([
    ["fails", () => fail(new TransformError("broken", "exit", "exit code 1")), "exit"],
    ["fails later", () => new Deferred<Uint8Array>(), "exit"],
    ["says too much", () => succeed(new Uint8Array(111)), "too_large"],
  ] as const)("resets a client whose transformation %s", (_what, apply, reason) => {
    let applied = new Deferred<Uint8Array>();
    const { client, log } = setUp(transformation("broken", () => (applied = apply())));
    const { transport } = client(netstringOf("broken.poem"));
    if (!applied.called) applied.errback(new TransformError("broken", "exit", "exit code 1"));
    expect({ written: transport.written, end: transport.end }).toEqual({ written: "", end: "abort" });
    expect(log.all("transformFailed")).toMatchObject([{ error: { transformation: "broken", reason } }]);
    expect(log.events).toHaveLength(1);
  });

  test("reports a bug in a transformation, and resets the client", () => {
    const bug = new TypeError("x is undefined");
    const { client, log } = setUp(transformation("buggy", () => fail(bug)));
    const { transport } = client(netstringOf("buggy.poem"));
    expect({ written: transport.written, end: transport.end }).toEqual({ written: "", end: "abort" });
    expect({ bugs: transport.bugs, events: log.events }).toEqual({ bugs: [bug], events: [] });
  });

  test("answers a client that half-closes after its request", () => {
    const slow = new Deferred<Uint8Array>();
    const { client, clock, log } = setUp(transformation("slow", () => slow));
    const { transport, protocol } = client(netstringOf("slow.poem"));
    protocol.inputEnded?.();
    clock.advance(60_000);
    expect(transport.end).toBeUndefined();
    slow.callback(Buffer.from("verse"));
    expect({ written: transport.written, end: transport.end }).toEqual({ written: "5:verse,", end: "close" });
    expect(log.all("transformed")).toEqual([{ names: ["slow"], bytes: 4, ms: 60_000 }]);
    expect(log.events).toHaveLength(1);
  });

  test("stops the work for a client that leaves", () => {
    let isStopped = false;
    const slow = new Deferred<Uint8Array>((cancelled) => {
      isStopped = true;
      cancelled.errback(new CancelledError());
    });
    const { client, log } = setUp(transformation("slow", () => slow));
    client(netstringOf("slow.poem")).protocol.connectionLost?.();
    expect(isStopped).toBeTrue();
    expect(log.events).toEqual([]);
  });
});
