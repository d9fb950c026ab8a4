import { describe, expect, test } from "bun:test";
import type { TLSOptions } from "bun";
import { ConnectError, NotClosedError } from "../../../src/net/errors.ts";
import type { Protocol, Transport } from "../../../src/net/transport.ts";
import type { KeyPair } from "../../../src/net/tls/certificates.ts";
import { ClientTls, type ClientIdentity } from "../../../src/net/tls/client-tls.ts";
import { connectTls } from "../../../src/net/tls/connect-tls.ts";
import { systemClock as clock } from "../../../src/time/clock.ts";
import { digestOf, keyDigestOf } from "../../support/certificates.ts";
import { certificates } from "../../support/own-certificates.ts";
import { CuttingRelay } from "../../support/cutting-relay.ts";
import { ScriptedPeer, type PeerConnection } from "../../support/scripted-peer.ts";

const pki = certificates();
const LARGE = new Uint8Array(12_000_000).map((_, i) => i % 251);

/** The options of a server with this certificate. */
function shown({ certificate, key }: KeyPair = pki.issue("localhost"), more: TLSOptions = {}): TLSOptions {
  return { cert: certificate.text, key: key.text, ...more };
}

/** The outcome of a connection: bytes, and how they ended. */
interface Got {
  readonly bytes: Buffer;
  /** "fin", or the error. */
  readonly end: string;
}

interface Wishes extends Partial<ClientIdentity> {
  readonly trustsFin?: boolean;
  readonly host?: string;
  readonly timeout?: number;
  /** Called when the connection is established. */
  readonly greet?: (transport: Transport) => void;
  /** Called whenever bytes arrive. */
  readonly heard?: (transport: Transport) => void;
}

/** Connects, reads to the end, and closes. Fails with ConnectError. */
async function get(peer: { readonly port: number }, wishes: Wishes = {}): Promise<Got> {
  const { trustsFin = false, host = "127.0.0.1", timeout = 5000, greet, heard, ...identity } = wishes;
  const client = new ClientTls({ ca: pki.authority.certificate, pins: [], ...identity });
  const over = Promise.withResolvers<string>();
  const chunks: Uint8Array[] = [];
  let transport: Transport | undefined;
  const protocol: Protocol = {
    connectionMade: (made) => {
      transport = made;
      greet?.(made);
    },
    dataReceived: (bytes) => {
      chunks.push(bytes);
      heard?.(transport as Transport);
    },
    inputEnded: () => {
      over.resolve("fin");
      transport?.close();
    },
    connectionLost: (error) =>
      over.resolve(error instanceof NotClosedError ? "cut" : `lost: ${error?.message}`),
  };
  const bugs: unknown[] = [];
  const options = { clock, timeout, protocolFailed: (bug: unknown) => bugs.push(bug) };
  await connectTls({ client, trustsFin })({ host, port: peer.port }, protocol, options);
  const end = await over.promise;
  expect(bugs).toEqual([]);
  return { bytes: Buffer.concat(chunks), end };
}

/** Why no connection was made. */
async function failure(got: Promise<unknown>): Promise<ConnectError> {
  const error: unknown = await got.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ConnectError);
  return error as ConnectError;
}

const VERSIONS = [
  ["TLS 1.3", {}],
  ["TLS 1.2", { secureOptions: 0x2000_0000 }],
] as const;

describe.each(VERSIONS)("connectTls(), %s,", (_version, more) => {
  const script = (end: (connection: PeerConnection) => void, bytes: Uint8Array = Buffer.from("a poem")) =>
    new ScriptedPeer(
      (connection) => {
        connection.send(bytes);
        end(connection);
      },
      undefined,
      shown(undefined, more),
    );

  test("delivers every byte and an end with close_notify", async () => {
    await using peer = script((connection) => connection.fin());
    expect(await get(peer)).toEqual({ bytes: Buffer.from("a poem"), end: "fin" });
  });

  test("detects a FIN without close_notify, before the first byte and after the last", async () => {
    await using peer = script((connection) => connection.cut());
    expect(await get(peer)).toEqual({ bytes: Buffer.from("a poem"), end: "cut" });
    await using empty = new ScriptedPeer((connection) => connection.cut(), undefined, shown(undefined, more));
    expect(await get(empty)).toEqual({ bytes: Buffer.alloc(0), end: "cut" });
  });

  test("accepts such a FIN as an end if told to", async () => {
    await using peer = script((connection) => connection.cut());
    expect(await get(peer, { trustsFin: true })).toEqual({ bytes: Buffer.from("a poem"), end: "fin" });
  });

  test("reports a reset", async () => {
    await using peer = script((connection) => connection.reset());
    expect((await get(peer)).end).toBe("lost: connection reset (ECONNRESET)");
    expect((await get(peer, { trustsFin: true })).end).toBe("lost: connection reset (ECONNRESET)");
  });

  test("detects bytes that are not TLS, even if it trusts a FIN", async () => {
    await using peer = script(garbage);
    expect((await get(peer, { trustsFin: true })).end).toStartWith("lost: ");
  });

  test("delivers many bytes, to a fast reader and to one that pauses", async () => {
    await using peer = new ScriptedPeer(
      (connection) => void connection.sendAll(LARGE),
      undefined,
      shown(undefined, more),
    );
    const { bytes, end } = await get(peer);
    expect(end).toBe("fin");
    expect(bytes.equals(LARGE)).toBe(true);
    const slow = await get(peer, {
      heard: (transport) => {
        transport.pauseReading();
        setImmediate(() => transport.resumeReading());
      },
    });
    expect(slow.end).toBe("fin");
    expect(slow.bytes.equals(LARGE)).toBe(true);
  });
});

describe("connectTls() accepts a server", () => {
  test("by its name", asked({ host: "localhost" }));
  test(
    "by the configured name",
    asked({ name: "poems.example" }, pki.issue("poems", { names: "DNS:poems.example" })),
  );
  test("by the digest of its certificate, regardless of who signed it", async () => {
    const foreign = pki.issue("foreign", { by: "self", names: "DNS:elsewhere" });
    await asked({ ca: undefined, pins: [digestOf(foreign)] }, foreign)();
    await asked({ ca: undefined, pins: ["00", keyDigestOf(foreign)] }, foreign)();
  });
  test("by its digest, name and authority together", async () => {
    await asked({ pins: [digestOf(pki.issue("localhost"))] })();
  });
});

describe("connectTls() fails, saying why, with a server", () => {
  test("whose authority is unknown", async () => {
    const foreign = pki.issue("foreign", { by: "self" });
    expect(await refused({}, foreign)).toBe(
      "TLS handshake failed after … ms: the certificate is self-signed (DEPTH_ZERO_SELF_SIGNED_CERT)",
    );
    expect(await refused({ ca: undefined })).toBe(
      "TLS handshake failed after … ms: the certificate was signed by an unknown authority (UNABLE_TO_VERIFY_LEAF_SIGNATURE)",
    );
  });

  test("with another name", async () => {
    const named = pki.issue("named", { names: "DNS:a.example,DNS:b.example" });
    expect(await refused({ host: "localhost" }, named)).toBe(
      "TLS handshake failed after … ms: the certificate is not for localhost but for DNS:a.example, DNS:b.example (ERR_TLS_CERT_ALTNAME_INVALID)",
    );
    expect(await refused({}, named)).toContain("is not for 127.0.0.1");
    expect(await refused({ name: "c.example" }, named)).toContain("is not for c.example");
  });

  test("whose certificate is not valid now", async () => {
    const old = pki.issue("old", { from: "20200101000000Z", until: "20210101000000Z" });
    const early = pki.issue("early", { from: "20980101000000Z", until: "20990101000000Z" });
    expect(await refused({}, old)).toContain("the certificate has expired (CERT_HAS_EXPIRED)");
    expect(await refused({}, early)).toContain("the certificate is not valid yet (CERT_NOT_YET_VALID)");
  });

  test("that does not match the pin", async () => {
    const localhost = pki.issue("localhost");
    const detail = await refused({ pins: [digestOf(pki.authority)] });
    expect(detail).toContain(digestOf(localhost));
    expect(detail).toContain(keyDigestOf(localhost));
    const foreign = pki.issue("foreign", { by: "self" });
    expect(await refused({ pins: [digestOf(foreign)] }, foreign)).toContain("self-signed");
  });

  test("that requires another certificate", async () => {
    const { certificate } = pki.authority;
    const demanding = shown(undefined, { requestCert: true, ca: certificate.text });
    await using peer = new ScriptedPeer(
      (connection) => connection.send("a poem").fin(),
      undefined,
      demanding,
    );
    expect(await get(peer, { pair: pki.issue("client") })).toEqual({
      bytes: Buffer.from("a poem"),
      end: "fin",
    });
    // In TLS 1.3 the client's handshake is complete before the server sees that there is no certificate.
    expect((await get(peer)).end).toBe(
      "lost: it requires a client certificate (TLSV1_ALERT_CERTIFICATE_REQUIRED)",
    );
    expect((await get(peer, { pair: pki.issue("foreign", { by: "self" }) })).end).toStartWith(
      "lost: connection reset",
    );
  });

  test("that does not speak TLS", async () => {
    await using plain = new ScriptedPeer((connection) => connection.send("a poem").fin());
    expect((await failure(get(plain))).detail).toContain("it does not speak TLS (WRONG_VERSION_NUMBER)");
  });

  test("that hangs up, or resets", async () => {
    await using silent = new ScriptedPeer((connection) => connection.fin());
    expect(await failure(get(silent))).toMatchObject({
      reason: "tls",
      detail: expect.stringContaining(": it hung up"),
    });
    await using rude = new ScriptedPeer((connection) => (connection.onData = () => connection.reset()));
    expect(await failure(get(rude))).toMatchObject({
      reason: "tls",
      detail: expect.stringContaining("connection reset"),
    });
  });

  test("that is silent until the connect timeout", async () => {
    await using deaf = new ScriptedPeer();
    const error = await failure(get(deaf, { timeout: 50 }));
    expect(error).toMatchObject({ reason: "timeout", detail: "no TLS handshake within 50 ms" });
    await deaf.until(() => deaf.open === 0);
  });
});

describe("Transport of connectTls()", () => {
  test("closeOutput() half-closes, and the answer still arrives", async () => {
    await using peer = new ScriptedPeer(
      (connection) => {
        connection.onEnd = () => connection.send(`heard ${connection.received.length}`).fin();
      },
      undefined,
      shown(),
    );
    const greet = (transport: Transport) => {
      transport.write(LARGE);
      transport.closeOutput();
      transport.write(Buffer.from("ignored"));
    };
    expect(await get(peer, { greet })).toEqual({ bytes: Buffer.from(`heard ${LARGE.length}`), end: "fin" });
  });

  test("abort() reaches the server as a reset", async () => {
    await using peer = new ScriptedPeer((connection) => connection.send("a"), undefined, shown());
    const got = await get(peer, { heard: (transport) => transport.abort("proxy/fetch/cancelled") });
    expect(got.end).toBe("lost: aborted");
    await peer.until(() => peer.open === 0);
    expect(peer.connections[0]?.inputEnded).toBe(false);
  });
});

describe("connectTls() through a relay that cuts the connection", () => {
  test.each(VERSIONS)("accepts nothing but the complete answer: %s", async (_version, more) => {
    const rsa = pki.issue("rsa", { kind: "rsa" }); // Whose signatures are all of one length.
    await using peer = new ScriptedPeer(
      (connection) => connection.send("a poem\r\n").fin(),
      undefined,
      shown(rsa, more),
    );
    const whole = await through(peer, Infinity);
    expect(whole).toMatchObject({ bytes: Buffer.from("a poem\r\n"), end: "fin" });
    const last = whole.passed - 80;
    for (const cut of [...step(0, last, 97), ...step(last, whole.passed, 1)])
      expect({ cut, end: (await through(peer, cut)).end }).not.toEqual({ cut, end: "fin" });
  });
});

function garbage(connection: PeerConnection): void {
  connection.sendInTheClear(Buffer.from("15030300020250", "hex")).cut();
}

/** A test that gets a poem from a server with this certificate. */
function asked(wishes: Wishes, pair?: KeyPair): () => Promise<void> {
  return async () => {
    await using peer = new ScriptedPeer(
      (connection) => connection.send("a poem").fin(),
      undefined,
      shown(pair),
    );
    expect(await get(peer, wishes)).toEqual({ bytes: Buffer.from("a poem"), end: "fin" });
  };
}

/** Why a server with this certificate is refused. */
async function refused(wishes: Wishes, pair?: KeyPair): Promise<string> {
  await using peer = new ScriptedPeer(
    (connection) => connection.send("a poem").fin(),
    undefined,
    shown(pair),
  );
  const { reason, detail } = await failure(get(peer, wishes));
  expect(reason).toBe("tls");
  return detail.replace(/after \d+ ms/, "after … ms");
}

function step(from: number, to: number, by: number): number[] {
  return Array.from({ length: Math.ceil((to - from) / by) }, (_, i) => from + i * by);
}

/** The outcome of a connection where only the server's first `limit` bytes reach the client, and then a FIN. */
async function through(peer: ScriptedPeer, limit: number): Promise<Got & { passed: number }> {
  using relay = new CuttingRelay(peer.port, limit);
  const got = await get(relay).catch((error: unknown) => ({ bytes: Buffer.alloc(0), end: String(error) }));
  return { ...got, passed: relay.passed };
}
