import type { Socket } from "bun";
import { describe, expect, test } from "bun:test";
import { ServerTls, type ServerIdentity } from "../../../src/net/tls/server-tls.ts";
import type { Transport, Visit as Stay } from "../../../src/net/transport.ts";
import { certificates } from "../../support/own-certificates.ts";
import { ListenerStage, sendAll } from "../../support/listener-stage.ts";
import { LateTls } from "../../support/late-tls.ts";
import { openSockets } from "../../support/open-sockets.ts";
import { nextTurn } from "../../support/next-turn.ts";
import { visit, Visitor, type Visit } from "../../support/visitor.ts";

const pki = certificates();
const LARGE = new Uint8Array(12_000_000).map((_, i) => i % 251);
const HANDSHAKE_MS = 10_000;

/** A listener that speaks TLS, on a free port. */
class Stage extends ListenerStage {
  /** Clients that are gone, and their endings. */
  readonly gone: Stay[];
  readonly server: ServerTls;

  constructor(greet: (transport: Transport) => void, identity: Partial<ServerIdentity> = {}) {
    const gone: Stay[] = [];
    const server = new ServerTls({ pairs: [pki.issue("localhost")], ...identity });
    super(
      greet,
      {},
      {
        tls: { server, handshakeTimeout: HANDSHAKE_MS },
        wholeAnswers: true,
        gone: (client) => {
          gone.push(client);
          this.tell(`gone ${client.ending}`);
        },
      },
    );
    this.gone = gone;
    this.server = server;
  }

  visitor(greet?: (socket: Socket) => void): Visitor {
    return new Visitor(this.port, greet, { ca: pki.authority.certificate, pins: [] });
  }

  visit(greet?: (socket: Socket) => void): Promise<Visit> {
    return this.visitor(greet).visit;
  }

  /** Resolves when a client is in its handshake: it has a deadline. */
  async handshaking(): Promise<void> {
    while (this.clock.pending === 0) await nextTurn();
  }
}

describe("Transport of a client that speaks TLS", () => {
  test("write() then close() delivers every byte and an end with close_notify", async () => {
    await using stage = new Stage((transport) => {
      expect(transport.peer.host).toBe("127.0.0.1");
      sendAll(LARGE)(transport);
    });
    const { bytes, end } = await stage.visit();
    expect(end).toBe("fin");
    expect(bytes.equals(LARGE)).toBe(true);
    await stage.until("gone ok");
    expect(stage.gone[0]?.bytesOut).toBe(LARGE.length);
  });

  test("close() delivers every byte to a client that half-closes at once or keeps sending", async () => {
    await using stage = new Stage(sendAll(LARGE));
    const silent = await stage.visit((socket) => socket.shutdown());
    expect({ end: silent.end, same: silent.bytes.equals(LARGE) }).toEqual({ end: "fin", same: true });
    const chatty = await stage.visit((socket) => socket.write(Buffer.alloc(100_000, "garbage")));
    expect({ end: chatty.end, same: chatty.bytes.equals(LARGE) }).toEqual({ end: "fin", same: true });
  });

  test("close() delivers every byte to a client that begins to read late", async () => {
    await using stage = new Stage(sendAll(LARGE));
    const slow = stage.visitor((socket) => socket.pause());
    await stage.until("connected");
    expect(stage.transports[0]?.unsent).toBeGreaterThan(0);
    slow.resume();
    const { bytes, end } = await slow.visit;
    expect({ end, same: bytes.equals(LARGE) }).toEqual({ end: "fin", same: true });
    expect(stage.told).toContain("writable");
  });

  test("close() leaves no descriptor behind if the client half-closes first and reads late", async () => {
    await using stage = new Stage(sendAll(LARGE.subarray(0, 2_000_000)));
    const before = openSockets();
    for (let i = 1; i <= 10; i++) {
      const late = stage.visitor((socket) => {
        socket.pause();
        socket.shutdown();
      });
      await stage.until("input ended", i);
      late.resume();
      expect((await late.visit).end).toBe("fin");
    }
    while (stage.listener.connections > 0) {
      stage.clock.advance(1000); // Whether the kernel has sent the rest is checked now and then.
      await nextTurn();
    }
    const left = () => openSockets().difference(before).size;
    for (let turns = 0; turns < 100 && left() > 0; turns++) await nextTurn(); // The clients close theirs.
    expect(left()).toBe(0);
  });

  test("abort() does not look like an end to the client, before the first byte and in mid-answer", async () => {
    await using stage = new Stage((transport) => transport.abort("internal"));
    expect((await stage.visit()).end).toBe("reset");
    await using half = new Stage((transport) => {
      transport.write(LARGE);
      transport.abort("internal");
    });
    const { bytes, end } = await half.visit();
    expect(end).toBe("reset");
    expect(bytes.length).toBeLessThan(LARGE.length);
    await half.until("gone internal");
    expect(half.gone[0]?.isReset).toBe(true);
  });

  test("abort() after close() still cuts short what the kernel does not have yet", async () => {
    await using stage = new Stage(sendAll(LARGE));
    const slow = stage.visitor((socket) => socket.pause());
    await stage.until("connected");
    stage.transports[0]?.abort("internal");
    await slow.connected;
    slow.resume();
    expect((await slow.visit).end).toBe("reset");
  });

  test("reports input, its end, and the end of the connection to its protocol, in this order", async () => {
    await using stage = new Stage(() => {});
    const client = stage.visitor((socket) => {
      socket.write("hello");
      socket.shutdown();
    });
    await stage.until("input ended");
    stage.transports[0]?.close();
    expect((await client.visit).end).toBe("fin");
    await stage.until("lost in order");
    expect(stage.told.slice(0, 4)).toEqual(["connected", "data 5", "input ended", "lost in order"]);
  });

  test("resets a client when serving it throws, and reports the bug", async () => {
    const bug = new Error("a bug");
    await using stage = new Stage(() => {
      throw bug;
    });
    expect((await stage.visit()).end).toBe("reset");
    expect(stage.bugs).toEqual([bug]);
  });

  test("ends a session with invalid TLS in the middle, and reports no bug", async () => {
    await using stage = new Stage(() => {});
    const garbling = new LateTls(stage.port, pki.authority.certificate.text);
    await garbling.connected;
    garbling.begin();
    await garbling.secured;
    await stage.until("connected");
    garbling.garble();
    await stage.until("gone client/tls/broken");
    expect(stage.bugs).toEqual([]);
    expect(stage.gone[0]?.detail).toMatch(/^it does not speak TLS/);
  });
});

describe("Listener with TLS", () => {
  test("resets clients that do not speak TLS, leave without a byte, or break off", async () => {
    await using stage = new Stage(sendAll(LARGE));
    const plain = await visit(stage.port, (socket) => socket.write("hello\r\n"));
    expect(plain.end).toBe("reset");
    expect(plain.bytes.length).toBeLessThanOrEqual(7); // An alert.
    const http = await visit(stage.port, (socket) => socket.write("GET / HTTP/1.1\r\n\r\n"));
    expect(http.end).toBe("reset");
    await visit(stage.port, (socket) => socket.shutdown());
    const half = new Visitor(stage.port, (socket) =>
      socket.write(Buffer.from("1603010200010001fc0303", "hex")),
    );
    await half.vanish();
    await stage.until("gone client/request/left", 2);
    await stage.until("gone client/tls/failed", 2);
    expect(stage.gone.map(({ detail }) => detail)).toContain("it speaks plain HTTP, not TLS (HTTP_REQUEST)");
    expect(stage.transports).toEqual([]);
    expect(stage.bugs).toEqual([]);
  });

  test("resets a client that does not finish its handshake in time", async () => {
    await using stage = new Stage(sendAll(LARGE));
    const silent = new Visitor(stage.port);
    await silent.connected;
    await stage.handshaking();
    stage.clock.advance(HANDSHAKE_MS - 1);
    expect(stage.listener.connections).toBe(1);
    stage.clock.advance(1);
    expect(await silent.visit).toEqual({ bytes: Buffer.alloc(0), end: "reset" });
    await stage.until("gone client/tls/timeout");
  });

  test("admits no client without a certificate of the required authority", async () => {
    const clientCa = pki.authority.certificate;
    await using stage = new Stage(sendAll(Buffer.from("a poem")), { clientCa });
    const as = (pair?: ReturnType<typeof pki.issue>) =>
      new Visitor(stage.port, undefined, { ca: pki.authority.certificate, pins: [], pair });
    expect(await as(pki.issue("client")).visit).toEqual({ bytes: Buffer.from("a poem"), end: "fin" });
    expect(await as(undefined).visit).toEqual({ bytes: Buffer.alloc(0), end: "reset" });
    expect(await as(pki.issue("foreign", { by: "self" })).visit).toEqual({
      bytes: Buffer.alloc(0),
      end: "reset",
    });
    const old = pki.issue("old", { from: "20200101000000Z", until: "20210101000000Z" });
    expect(await as(old).visit).toEqual({ bytes: Buffer.alloc(0), end: "reset" });
    await stage.until("gone client/tls/certificate", 2);
    await stage.until("gone client/tls/failed");
    expect(stage.gone.map(({ detail }) => detail)).toEqual([
      undefined,
      "it showed no certificate (PEER_DID_NOT_RETURN_A_CERTIFICATE)",
      "the certificate is self-signed (DEPTH_ZERO_SELF_SIGNED_CERT)",
      "the certificate has expired (CERT_HAS_EXPIRED)",
    ]);
    expect(stage.transports).toHaveLength(1);
  });

  test("drain() waits for clients in their handshake, and notifies them after it", async () => {
    await using stage = new Stage(() => {});
    const late = new LateTls(stage.port, pki.authority.certificate.text);
    await late.connected;
    await stage.handshaking();
    const drained = stage.listener.drain();
    late.begin();
    await stage.until("draining");
    sendAll(Buffer.from("a poem"))(stage.transports[0] as Transport);
    expect(await late.text).toBe("a poem");
    await drained;
  });

  test("abort() resets clients in their handshake", async () => {
    await using stage = new Stage(() => {});
    const silent = new Visitor(stage.port);
    await silent.connected;
    await stage.handshaking();
    stage.listener.abort();
    expect((await silent.visit).end).toBe("reset");
  });
});
