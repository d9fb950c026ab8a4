import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { getSocketOption } from "../../../src/net/libc.ts";
import type { RequestRules } from "../../../src/services/proxy/requests.ts";
import { nextTurn } from "../../support/next-turn.ts";
import { ProxyStage, type StageOptions } from "../../support/proxy-stage.ts";
import type { PeerConnection } from "../../support/scripted-peer.ts";
import { stageTls } from "../../support/stage-tls.ts";
import { Visitor } from "../../support/visitor.ts";

const RULES: RequestRules = { framing: "line", requestTimeout: 10_000, folds: ["trim"], cacheable: /^show / };
const IDLE = 300_000;

function open(
  script?: (connection: PeerConnection) => void,
  options: StageOptions = {},
): Promise<ProxyStage> {
  return ProxyStage.open(script, { requests: RULES, ...options });
}

/** The number of sockets of this process with TCP_CORK set. */
function corkedSockets(): number {
  return readdirSync("/proc/self/fd").filter((fd) => getSocketOption(Number(fd), "TCP_CORK") === 1).length;
}

/** A client that has sent this, connected through to the upstream. */
async function join(stage: ProxyStage, text: string): Promise<{ client: Visitor; upstream: PeerConnection }> {
  const before = stage.upstream.connections.length;
  const client = new Visitor(stage.port);
  await client.send(text);
  const upstream = await stage.upstream.connection(before);
  await stage.upstream.until(() => upstream.received === text);
  return { client, upstream };
}

describe("Proxy, with a request that is not cacheable,", () => {
  test("passes on the request unchanged, with everything after it", async () => {
    await using stage = await open();
    const { client, upstream } = await join(stage, "  add map m <<\r\n10.0.0.3 c\n\n");
    await client.send("more\n");
    await stage.upstream.until(() => upstream.received.endsWith("more\n"));
    expect(upstream.received).toBe("  add map m <<\r\n10.0.0.3 c\n\nmore\n");
    upstream.send("done\n").fin();
    expect(await client.visit).toEqual({ bytes: Buffer.from("done\n"), end: "fin" });
    await stage.log.until("ok");
    expect(stage.log.all("visited")).toMatchObject([{ status: "pass", ending: "ok", isReset: false }]);
  });

  test("lets both sides send in turns, as with a prompt", async () => {
    await using stage = await open();
    const { client, upstream } = await join(stage, "prompt\n");
    upstream.send("> ");
    await client.until("> ");
    await client.send("show info\n");
    await stage.upstream.until(() => upstream.received === "prompt\nshow info\n");
    upstream.send("Name: x\n> ");
    await client.until("> Name: x\n> ");
    await client.send("quit\n");
    await stage.upstream.until(() => upstream.received.endsWith("quit\n"));
    upstream.fin();
    expect((await client.visit).end).toBe("fin");
  });

  test.skipIf(stageTls !== undefined)("holds nothing back to wait for more", async () => {
    await using stage = await open();
    const before = corkedSockets();
    const waiting = await stage.asker("show info\n");
    const fetch = await stage.upstream.connection();
    expect(corkedSockets()).toBe(before + 1); // The end of a whole answer goes with its FIN.
    const { client, upstream } = await join(stage, "prompt\n");
    expect(corkedSockets()).toBe(before + 1);
    upstream.fin();
    await client.visit;
    fetch.send("Name: x").fin();
    await waiting.visit;
  });

  test("passes on the client's half-close, and waits for the answer", async () => {
    await using stage = await open((upstream) => (upstream.onEnd = () => {}));
    const client = new Visitor(stage.port, (socket) => {
      socket.write("upload\nbytes");
      socket.shutdown();
    });
    const upstream = await stage.upstream.connection();
    await stage.upstream.until(() => upstream.inputEnded);
    expect(upstream.received).toBe("upload\nbytes");
    upstream.send("thanks").fin();
    expect(await client.visit).toEqual({ bytes: Buffer.from("thanks"), end: "fin" });
  });

  test("passes on an unterminated request, and its end", async () => {
    await using stage = await open((upstream) => {
      upstream.onEnd = () => upstream.send(`<${upstream.received}>`).fin();
    });
    const client = new Visitor(stage.port, (socket) => {
      socket.write("drop");
      socket.shutdown();
    });
    expect(await client.visit).toEqual({ bytes: Buffer.from("<drop>"), end: "fin" });
  });

  test("passes on a reset of the upstream, after the bytes before it", async () => {
    await using stage = await open();
    const { client, upstream } = await join(stage, "drop\n");
    upstream.send("half");
    await client.until("half");
    upstream.reset();
    expect(await client.visit).toEqual({ bytes: Buffer.from("half"), end: "reset" });
    await stage.log.until("upstream/data/reset");
  });

  test("resets the upstream when the client resets", async () => {
    await using stage = await open();
    const { client, upstream } = await join(stage, "drop\n");
    let ended = false;
    upstream.onEnd = () => (ended = true);
    await client.vanish();
    await stage.upstream.until(() => stage.upstream.open === 0);
    expect(ended).toBe(false); // No clean end.
    await stage.log.until("client/wait/left");
  });

  test("passes on 8 MiB in both directions, byte for byte, and no faster than they are read", async () => {
    const large = Buffer.alloc(8 * 2 ** 20, "0123456789abcdef");
    await using stage = await open((upstream) => {
      upstream.onData = () => {
        upstream.onData = () => {};
        void upstream.sendAll(large);
      };
      upstream.onEnd = () => {};
    });
    const slow = new Visitor(stage.port, (socket) => socket.pause());
    await slow.send("give\n");
    const upstream = await stage.upstream.connection();
    await stage.lastIs("pass");
    for (let sent = 0; sent < large.length;) {
      sent += await slow.send(large.subarray(sent, sent + 65_536));
      await nextTurn();
    }
    slow.resume();
    const { bytes, end } = await slow.visit;
    expect({ end, same: bytes.equals(large) }).toEqual({ end: "fin", same: true });
    await stage.upstream.until(() => upstream.received.length === large.length + "give\n".length);
    expect(upstream.received.slice("give\n".length) === large.toString("latin1")).toBe(true);
  });

  test("keeps nothing, shares nothing, and asks again each time", async () => {
    await using stage = await open((upstream) => {
      upstream.onData = () => upstream.send(`${stage.upstream.connections.length}`).fin();
    });
    for (const answer of ["1", "2"]) {
      expect((await (await stage.asker("drop\n")).visit).bytes.toString()).toBe(answer);
    }
    expect(stage.gauges).toMatchObject({ entries: 0, flights: 0 });
  });

  test("resets clients over the limit, and admits the next one when one has ended", async () => {
    await using stage = await open(undefined, { pipes: { max: 1, idleTimeout: IDLE } });
    const { client, upstream } = await join(stage, "one\n");
    expect((await (await stage.asker("two\n")).visit).end).toBe("reset");
    await stage.log.until("proxy/pipe/limit");
    upstream.fin();
    await client.visit;
    while (stage.proxy.pipes > 0) await nextTurn();
    const next = await join(stage, "three\n");
    next.upstream.fin();
    expect((await next.client.visit).end).toBe("fin");
  });

  test("resets both sides when they are idle for too long, and not before", async () => {
    await using stage = await open();
    const { client, upstream } = await join(stage, "wait\n");
    stage.clock.advance(IDLE - 1);
    upstream.send("still here");
    await client.until("still here");
    stage.clock.advance(IDLE - 1);
    await nextTurn();
    expect(stage.gauges.clients).toBe(1);
    stage.clock.advance(1);
    expect(await client.visit).toEqual({ bytes: Buffer.from("still here"), end: "reset" });
    await stage.log.until("proxy/pipe/idle");
    await stage.upstream.until(() => stage.upstream.open === 0);
  });

  test("resets the client if the upstream refuses the connection", async () => {
    await using stage = await open();
    await stage.upstream[Symbol.asyncDispose]();
    expect((await (await stage.asker("drop\n")).visit).end).toBe("reset");
    await stage.log.until("upstream/connect/refused");
  });

  test.each(["one allows only some requests", "the framing knows how long a request is"])(
    "passes the request alone where %s",
    async (why) => {
      const requests: RequestRules = why.startsWith("one")
        ? { ...RULES, allow: /./ }
        : { ...RULES, framing: { bytes: 5 }, folds: [] };
      await using stage = await open((upstream) => (upstream.onData = () => upstream.send("ok").fin()), {
        requests,
      });
      const client = new Visitor(stage.port, (socket) => void socket.write("drop\nrest"));
      expect(await client.visit).toEqual({ bytes: Buffer.from("ok"), end: "fin" });
      expect(stage.upstream.connections.map(({ received }) => received)).toEqual(["drop\n"]);
    },
  );
});
