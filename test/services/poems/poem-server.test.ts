import { describe, expect, test } from "bun:test";
import { PoemServer, type PoemServerOptions } from "../../../src/services/poems/poem-server.ts";
import { FakeTransport } from "../../support/fake-transport.ts";
import { ManualClock } from "../../../src/time/manual-clock.ts";
import { portOf } from "../../support/port-of.ts";
import { Recorder } from "../../support/recorder.ts";
import { visit } from "../../support/visitor.ts";

const POEM = "Science! true daughter of Old Time thou art!";

function setUp(options: Partial<PoemServerOptions> = {}) {
  const clock = new ManualClock();
  const log = new Recorder();
  const server = new PoemServer({
    name: "science.txt",
    poem: Buffer.from(POEM),
    listen: { address: { host: "127.0.0.1", port: 0 } },
    pace: { delay: 0, numBytes: 10 },
    clock,
    observer: log.observe,
    ...options,
  });
  /** A client without a socket. */
  const client = () => {
    const transport = new FakeTransport();
    return { transport, protocol: server["serve"](transport) };
  };
  return { clock, log, server, client };
}

describe("PoemServer", () => {
  test("sends the poem to every client, and closes", async () => {
    const { server, log } = setUp();
    const port = portOf(await server.start());
    expect(log.events[0]).toMatchObject({
      what: "serving",
      about: { poem: "science.txt", address: { host: "127.0.0.1", port } },
    });
    expect(await visit(port)).toEqual({ bytes: Buffer.from(POEM), end: "fin" });
    await server.drain();
    expect(log.count("sending")).toBe(1);
  });

  test("recites to several clients concurrently", () => {
    const { clock, client } = setUp({ pace: { delay: 700, numBytes: 10 } });
    const first = client();
    clock.advance(700);
    const second = client();
    clock.advance(700);
    expect(first.transport.written).toHaveLength(30);
    expect(second.transport.written).toHaveLength(20);
    clock.advance(10_000);
    expect([first.transport.written, second.transport.written]).toEqual([POEM, POEM]);
  });

  test("says why it cannot start", async () => {
    const { server } = setUp({ listen: { address: { host: "192.0.2.1", port: 0 } } });
    const error = await server.start().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ name: "ListenError", code: "EADDRNOTAVAIL" });
  });
});
