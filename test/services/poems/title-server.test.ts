import { describe, expect, test } from "bun:test";
import { Deferred, succeed } from "../../../src/deferred/mod.ts";
import { LibraryError, type Poem } from "../../../src/services/poems/poem-library.ts";
import { TitleServer, type TitleServerOptions } from "../../../src/services/poems/title-server.ts";
import { FakeTransport } from "../../support/fake-transport.ts";
import { ManualClock } from "../../../src/time/manual-clock.ts";
import { portOf } from "../../support/port-of.ts";
import { roomy } from "../../support/roomy.ts";
import { Recorder } from "../../support/recorder.ts";
import { visit } from "../../support/visitor.ts";

const POEM = "Science! true daughter of Old Time thou art!";

/** A library of one poem, called "science". */
const SHELF: TitleServerOptions["library"] = {
  directory: "poetry",
  list: () => succeed({ titles: 2, text: Buffer.from("alla_sera\nscience\n") }),
  find: (title) => succeed(title === "science" ? { bytes: Buffer.from(POEM) } : undefined),
};

function setUp(options: Partial<TitleServerOptions> = {}) {
  const clock = new ManualClock();
  const log = new Recorder();
  const server = new TitleServer({
    library: SHELF,
    memory: roomy(),
    requestTimeout: 10_000,
    listen: { address: { host: "127.0.0.1", port: 0 } },
    pace: { delay: 0, numBytes: 10 },
    clock,
    observer: log.observe,
    ...options,
  });
  /** A client without a socket that has sent this. */
  const client = (sent: string | Uint8Array) => {
    const transport = new FakeTransport();
    const protocol = server["serve"](transport);
    if (sent.length > 0) protocol.dataReceived?.(Buffer.from(sent));
    return { transport, protocol };
  };
  const answer = (sent: string | Uint8Array) => {
    const { transport } = client(sent);
    return { written: transport.written, end: transport.end };
  };
  return { clock, log, server, client, answer };
}

describe("TitleServer", () => {
  test("sends a requested poem, and closes", async () => {
    const { server, log } = setUp();
    const port = portOf(await server.start());
    expect(log.events[0]).toMatchObject({
      what: "servingTitles",
      about: { directory: "poetry", address: { port } },
    });
    const greet = (line: string) => visit(port, (socket) => void socket.write(line));
    expect(await greet("science\r\n")).toEqual({ bytes: Buffer.from(POEM), end: "fin" });
    expect(await visit(port, (socket) => socket.shutdown())).toMatchObject({
      bytes: { length: 0 },
      end: "reset",
    });
    await server.drain();
    expect(log.count("sending")).toBe(1);
    await log.until("client/request", 1);
  });

  test.each(["science\n", "science\r\n", "science\nalla_sera\n"])("takes %p for a title", (sent) => {
    expect(setUp().answer(sent)).toEqual({ written: POEM, end: "close" });
  });

  test.each(["science", "science\r"])("takes %p and the end of the client's side for a title", (sent) => {
    const { client } = setUp();
    const { transport, protocol } = client(sent);
    expect(transport.end).toBeUndefined();
    protocol.inputEnded?.();
    expect({ written: transport.written, end: transport.end }).toEqual({ written: POEM, end: "close" });
  });

  test("keeps the first character of a title, even U+FEFF", () => {
    const asked: string[] = [];
    const find = (title: string) => (asked.push(title), succeed(undefined));
    setUp({ library: { ...SHELF, find } }).answer("\ufeffscience\n");
    expect(asked).toEqual(["\ufeffscience"]);
  });

  test.each(["\n", "\r\n"])("lists the titles for an empty line, %p", (sent) => {
    const { answer, log } = setUp();
    expect(answer(sent)).toEqual({ written: "alla_sera\nscience\n", end: "close" });
    expect(log.events).toMatchObject([{ what: "listing", about: { titles: 2 } }]);
  });

  test("says that there are no poems, rather than nothing", () => {
    const { answer } = setUp({
      library: { ...SHELF, list: () => succeed({ titles: 0, text: new Uint8Array(0) }) },
    });
    expect(answer("\n")).toEqual({ written: "No poems.\n", end: "close" });
  });

  const LONG = "x".repeat(64);
  test.each([
    ["daffodils\n", "daffodils"],
    [" \n", " "],
    ["a\tb\x1b[2J\0\n", "a\\x09b\\x1b[2J\\x00"],
    ["a\rb\r\n", "a\\x0db"],
    [Buffer.from("caf\xe9\n", "latin1"), "caf\uFFFD"],
    [`${LONG}\n`, LONG],
    [`${LONG}y\n`, `${LONG}…`],
    [`${"\x1b".repeat(4000)}\n`, `${"\\x1b".repeat(64)}…`],
    [`${"🌊".repeat(65)}\n`, `${"🌊".repeat(64)}…`],
  ])("answers %p, which is no title, in one line", (sent, shown) => {
    const { answer, log } = setUp();
    expect(answer(sent)).toEqual({ written: `No poem called "${shown}".\n`, end: "close" });
    expect(log.count("unknownTitle")).toBe(1);
  });

  test.each(["x".repeat(4097), `${"x".repeat(4096)}\n`])("resets a client whose line is too long", (sent) => {
    const { transport } = setUp().client(sent);
    expect({ written: transport.written, end: transport.end }).toEqual({ written: "", end: "abort" });
    expect(transport.ending).toBe("client/request/too_long");
  });

  test("resets a client that sends no request in time", () => {
    const { client, clock } = setUp();
    const { transport } = client("scie");
    clock.advance(9999);
    expect(transport.end).toBeUndefined();
    clock.advance(1);
    expect(transport.end).toBe("abort");
    expect(transport.ending).toBe("client/request/timeout");
  });

  test("recites poems slowly if told to, and sends everything else at once", () => {
    const { client, clock, answer } = setUp({ pace: { delay: 700, numBytes: 10 } });
    const { transport, protocol } = client("science\n");
    expect(transport.written).toBe("Science! t");
    transport.unsent = 1;
    clock.advance(700);
    expect(transport.written).toBe("Science! t");
    transport.unsent = 0;
    protocol.writable?.();
    expect(transport.written).toBe("Science! true daught");
    protocol.inputEnded?.();
    clock.advance(10_000);
    expect({ written: transport.written, end: transport.end }).toEqual({ written: POEM, end: "close" });
    expect(answer("\n")).toEqual({ written: "alla_sera\nscience\n", end: "close" });
    expect(answer("x\n")).toEqual({ written: 'No poem called "x".\n', end: "close" });
    expect(clock.pending).toBe(0);
  });

  test("stops reciting to a client that has left", () => {
    const { client, clock } = setUp({ pace: { delay: 700, numBytes: 10 } });
    client("science\n").protocol.connectionLost?.();
    expect(clock.pending).toBe(0);
  });

  test("sends nothing to a client that leaves while its poem is looked up", () => {
    const found = new Deferred<Poem | undefined>();
    const { client, log } = setUp({ library: { ...SHELF, find: () => found } });
    const { transport, protocol } = client("science\n");
    protocol.connectionLost?.();
    expect(found.called).toBeTrue();
    expect({ written: transport.written, events: log.events }).toEqual({ written: "", events: [] });
  });

  test("resets a client whose poem cannot be read", () => {
    const found = new Deferred<Poem | undefined>();
    const { client, log } = setUp({ library: { ...SHELF, find: () => found } });
    const { transport } = client("science\n");
    const error = new LibraryError("poetry/science.txt", new Error("it changed while it was read"));
    found.errback(error);
    expect({ written: transport.written, end: transport.end }).toEqual({ written: "", end: "abort" });
    expect(log.events).toMatchObject([{ what: "libraryFailed", about: { error } }]);
  });

  test("resets a client because of a bug, and reports it as one", () => {
    const found = new Deferred<Poem | undefined>();
    const { client } = setUp({ library: { ...SHELF, find: () => found } });
    const { transport } = client("science\n");
    found.errback(new TypeError("x is undefined"));
    expect(transport.end).toBe("abort");
    expect(transport.bugs).toEqual([new TypeError("x is undefined")]);
  });
});
