import { describe, expect, test } from "bun:test";
import { PROXY_DEFAULTS } from "../../../src/services/proxy/options.ts";
import type { RequestRules } from "../../../src/services/proxy/requests.ts";
import { ProxyStage } from "../../support/proxy-stage.ts";
import type { PeerConnection } from "../../support/scripted-peer.ts";
import { Visitor, type Visit } from "../../support/visitor.ts";

const MIB = 2 ** 20;
const GARBAGE = new Uint8Array(65_536).fill(0x78);
const nothing: Visit = { bytes: Buffer.alloc(0), end: "reset" };

function rules(framing: RequestRules["framing"]): { requests: RequestRules } {
  return { requests: { ...PROXY_DEFAULTS.requests, framing, eol: "\n" } };
}

/** An upstream that echoes each line byte for byte. */
function mirror(connection: PeerConnection): void {
  connection.onData = () => {
    if (connection.received.endsWith("\n")) connection.send(latin1(connection.received)).fin();
  };
}

function latin1(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

/** The outcome of a client that sends these bytes. */
async function ask(stage: ProxyStage, request: Uint8Array): Promise<Visit> {
  const visitor = new Visitor(stage.port);
  await visitor.send(request);
  return visitor.visit;
}

/** Sends garbage until the kernel has taken `bytes` of it, or the server has ended. */
async function flood(visitor: Visitor, bytes: number): Promise<void> {
  for (let sent = 0; sent < bytes;) {
    sent += await visitor.send(GARBAGE);
    const ended = await Promise.race([visitor.visit, new Promise<void>((resolve) => setImmediate(resolve))]);
    if (ended) return;
  }
}

function heapUsed(): number {
  Bun.gc(true);
  return process.memoryUsage().heapUsed;
}

describe("Proxy with requests, flooded (fault 29),", () => {
  test.each(["line", "blank", "eof", "netstring", "zbxd", "nrpe"] as const)(
    "resets a client that sends garbage where a %s is due, and keeps none of it",
    async (framing) => {
      await using stage = await ProxyStage.open(mirror, rules(framing));
      const visitor = new Visitor(stage.port);
      await flood(visitor, 64 * MIB);
      expect(await visitor.visit).toEqual(nothing);
      expect(stage.upstream.connections).toHaveLength(0);
      await stage.log.until("client/request", 1);
      expect(stage.log.count("miss")).toBe(0);
    },
  );

  test.each([
    ["none", ""],
    ["line", "ecstasy\n"],
  ] as const)("throws away what comes after the request (%s), and answers", async (framing, request) => {
    await using stage = await ProxyStage.open(undefined, rules(framing));
    const visitor = new Visitor(stage.port);
    await visitor.send(request);
    const connection = await stage.upstream.connection();
    const before = heapUsed();
    await flood(visitor, 64 * MIB);
    expect(heapUsed() - before).toBeLessThan(8 * MIB);
    expect(connection.received).toBe(request);
    connection.send("a poem").fin();
    expect(await visitor.visit).toEqual({ bytes: Buffer.from("a poem"), end: "fin" });
  });
});

test("Proxy sends the answer to its end even if the client requests more meanwhile (fault 30)", async () => {
  const poem = new Uint8Array(12 * MIB).map((_, i) => i % 251);
  await using stage = await ProxyStage.open((connection) => {
    connection.onData = () => void connection.sendAll(poem);
  }, rules("line"));
  for (let i = 0; i < 2; i++) {
    const visitor = new Visitor(stage.port, (socket) => socket.pause());
    await visitor.send("ecstasy\n");
    await (i === 0 ? stage.log.until("fetched") : stage.lastIs("hit"));
    await visitor.send("science\n");
    visitor.resume();
    const { bytes, end } = await visitor.visit;
    expect({ end, same: bytes.equals(poem) }).toEqual({ end: "fin", same: true });
  }
  expect(stage.upstream.connections.map(({ received }) => received)).toEqual(["ecstasy\n"]);
});

test("Proxy's keys are bytes: each of these lines is another request (fault 31)", async () => {
  const lines = [
    "\n",
    "\r\r\n",
    "a\n",
    "a\r\r\n",
    "a \n",
    "A\n",
    "\0\n",
    "\0\0\n",
    "\xff\n",
    "\xff\xfe\n",
    "\xc3\xbf\n",
  ];
  lines.push("\u0085\n", "__proto__\n", "constructor\n", `${"x".repeat(4095)}\n`);
  await using stage = await ProxyStage.open(mirror, rules("line"));
  for (let i = 0; i < 2; i++) {
    for (const line of lines) {
      const said = line.replace("\r\r", "\r"); // One CR belongs to the end of the line.
      expect(await ask(stage, latin1(line))).toEqual({ bytes: latin1(said), end: "fin" });
    }
  }
  expect(stage.upstream.connections.map(({ received }) => received)).toEqual(
    lines.map((line) => line.replace("\r\r", "\r")),
  );
  expect(await ask(stage, latin1(`${"x".repeat(4096)}\n`))).toEqual(nothing);
  expect(stage.upstream.connections).toHaveLength(lines.length);
});

test("Proxy resets clients that never finish their request, and serves others meanwhile (fault 32)", async () => {
  await using stage = await ProxyStage.open(mirror, rules("line"));
  const slow: Visitor[] = [];
  for (let i = 0; i < 50; i++) {
    const deadline = stage.clock.nextCall();
    const visitor = new Visitor(stage.port, (socket) => void socket.write("e"));
    slow.push(visitor);
    await deadline;
  }
  expect(await ask(stage, latin1("ecstasy\n"))).toEqual({ bytes: latin1("ecstasy\n"), end: "fin" });
  stage.clock.advance(9_999);
  expect(stage.log.count("client/request")).toBe(0);
  stage.clock.advance(1);
  for (const { visit } of slow) expect(await visit).toEqual(nothing);
  await stage.log.until("client/request", 50);
  expect(stage.upstream.connections).toHaveLength(1);
});

test.each([
  "999999999999:",
  "65537:",
  "5:abc,",
  "5:abcdef",
  "abc",
  ":",
  ",",
  "01:a,",
  "-1:a,",
  "1.5:a,",
  "1:ab",
  "+1:a,",
])("Proxy resets the netstring %j without a word to the upstream (fault 39)", async (request) => {
  await using stage = await ProxyStage.open(undefined, rules("netstring"));
  const visitor = new Visitor(stage.port, (socket) => {
    socket.write(request);
    socket.shutdown();
  });
  expect(await visitor.visit).toEqual(nothing);
  expect(stage.upstream.connections).toHaveLength(0);
  await stage.log.until("client/request", 1);
});
