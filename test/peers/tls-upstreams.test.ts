import { describe, expect } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { certificates } from "../support/own-certificates.ts";
import { poetry, POETRY, run, RunningProgram, RunningService } from "../support/program.ts";
import { ScriptedPeer } from "../support/scripted-peer.ts";
import { TempDir } from "../support/temp-dir.ts";
import { visit } from "../support/visitor.ts";
import { findPeer, testWith, type Peer } from "./peer.ts";

const pki = certificates();
const localhost = pki.issue("localhost");
const ca = pki.authority.certificate.file;
const FILE = join(import.meta.dirname, "../../poetry/alla_sera.txt");
const POEM = await readFile(FILE);
const WHOLE = { bytes: POEM, end: "fin" as const };
const NOTHING = { bytes: Buffer.alloc(0), end: "reset" as const };
const BY_TLS = ["--upstream-tls", "--upstream-ca", ca, "--retries", "0"];

// Debian's own interpreter, even if PATH has another one first.
const PYTHON = "/usr/bin/python3";
const python = findPeer("Python's ssl", [PYTHON, "-c", "import ssl; print(ssl.HAS_TLSv1_3)"], (text) =>
  text.includes("True"),
);
const openssl = findPeer("openssl", ["openssl", "version"], (text) => text.startsWith("OpenSSL 3"));
const haproxy = findPeer("haproxy", ["haproxy", "-v"], (text) => text.startsWith("HAProxy version"));
const socat = findPeer("socat", ["socat", "-V"], (text) => text.includes("WITH_OPENSSL 1"));

/** Sends a poem, or the first half of it, and ends: with close_notify, a FIN, or a reset. */
const PYTHON_SERVER = `
import socket, ssl, struct, sys
certificate, key, poem, end, version = sys.argv[1:]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
context.maximum_version = ssl.TLSVersion[version]
listener = socket.create_server(("127.0.0.1", 0))
print("port", listener.getsockname()[1], file=sys.stderr, flush=True)
text = open(poem, "rb").read()
while True:
    plain, _ = listener.accept()
    try:
        secure = context.wrap_socket(plain, server_side=True)
    except (ssl.SSLError, ConnectionError):
        continue
    secure.sendall(text if end in ("unwrap", "close") else text[: len(text) // 2])
    if end == "unwrap":
        try:
            secure.unwrap()
        except (ssl.SSLError, OSError):
            pass
    if end == "reset":
        secure.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    secure.close()
`;

/** A server of a package, on a port that it prints on standard error. */
class TlsServer extends RunningProgram {
  #port = 0;

  static async start(command: readonly string[], told: RegExp): Promise<TlsServer> {
    const server = new TlsServer(command);
    server.#port = Number(told.exec(await server.until((line) => told.test(line)))?.[1]);
    return server;
  }

  get port(): number {
    return this.#port;
  }
}

function pythonServer(end: "unwrap" | "close" | "half" | "reset", version = "TLSv1_3"): Promise<TlsServer> {
  const { certificate, key } = localhost;
  const argv = [certificate.file, key.file, FILE, end, version];
  return TlsServer.start([PYTHON, "-c", PYTHON_SERVER, ...argv], /^port (\d+)$/);
}

/** Certificate and key in one file, as socat and HAProxy expect. */
function bundle(): string {
  return pki.write("bundle.pem", localhost.certificate.text + localhost.key.text).file;
}

/** Servers that end an answer with close_notify. */
const POLITE: readonly [name: string, peer: Peer, start: () => Promise<TlsServer>][] = [
  ["Python's SSLSocket.unwrap()", python, () => pythonServer("unwrap")],
  ["Python's SSLSocket.unwrap(), TLS 1.2", python, () => pythonServer("unwrap", "TLSv1_2")],
  [
    "socat",
    socat,
    () => {
      const listen = `OPENSSL-LISTEN:0,bind=127.0.0.1,fork,verify=0,cert=${bundle()}`;
      return TlsServer.start(["socat", "-d", "-d", "-U", listen, `SYSTEM:'exec cat "${FILE}"'`], SOCAT_PORT);
    },
  ],
  [
    "poetry serve",
    openssl,
    () =>
      RunningService.start("serve", FILE, ...pki.flags()) as Promise<RunningProgram> as Promise<TlsServer>,
  ],
];
const SOCAT_PORT = /listening on AF=2 [\d.]+:(\d+)$/;

describe("poetry with --upstream-tls", () => {
  for (const [name, peer, start] of POLITE) {
    testWith(peer, `gets the whole answer of ${name}, and keeps it`, async () => {
      await using server = await start();
      await using proxy = await RunningService.start("proxy", `localhost:${server.port}`, ...BY_TLS);
      for (let i = 0; i < 3; i++) expect(await visit(proxy.port)).toEqual(WHOLE);
      expect(proxy.lines.filter((line) => line.startsWith("Fetching"))).toHaveLength(1);
      const got = await poetry("get", `localhost:${server.port}`, "--tls", "--ca", ca);
      expect(got).toEqual({ code: 0, stdout: POEM, stderr: "" });
    });
  }

  for (const version of ["TLSv1_3", "TLSv1_2"]) {
    testWith(python, `resets its clients if a server ends with a FIN alone: ${version}`, async () => {
      await using server = await pythonServer("close", version);
      await using proxy = await RunningService.start("proxy", `localhost:${server.port}`, ...BY_TLS);
      expect(await visit(proxy.port)).toEqual(NOTHING);
      await proxy.until((line) =>
        line.endsWith(`127.0.0.1: it ended without close_notify after ${POEM.length} bytes [fetch 1]`),
      );
      const got = await poetry("get", `127.0.0.1:${server.port}`, "--tls", "--ca", ca);
      expect(got).toMatchObject({ code: 1, stdout: POEM });
      expect(got.stderr).toContain(`it ended without close_notify after ${POEM.length} bytes`);

      const trusting = ["--upstream-trust-fin", ...BY_TLS];
      await using naive = await RunningService.start("proxy", `localhost:${server.port}`, ...trusting);
      expect(await visit(naive.port)).toEqual(WHOLE);
      expect(
        await poetry("get", `127.0.0.1:${server.port}`, "--tls", "--ca", ca, "--trust-fin"),
      ).toMatchObject({
        code: 0,
        stdout: POEM,
      });
    });
  }

  testWith(
    python,
    "resets its clients if a server resets in mid-answer, even if it trusts a FIN",
    async () => {
      await using server = await pythonServer("reset");
      const flags = ["--upstream-trust-fin", ...BY_TLS];
      await using proxy = await RunningService.start("proxy", `localhost:${server.port}`, ...flags);
      expect(await visit(proxy.port)).toEqual(NOTHING);
      await proxy.until((line) => line.includes("connection reset"));
    },
  );

  testWith(python, "sends what came before the FIN with --stream, and then a reset", async () => {
    await using server = await pythonServer("half");
    await using proxy = await RunningService.start(
      "proxy",
      `localhost:${server.port}`,
      "--stream",
      ...BY_TLS,
    );
    const half = POEM.subarray(0, Math.floor(POEM.length / 2));
    expect(await visit(proxy.port)).toEqual({ bytes: half, end: "reset" });
  });

  testWith(
    haproxy,
    "is not deceived by a relay that passes on TLS, and turns a reset into a clean end",
    async () => {
      const { certificate, key } = localhost;
      const tls = { cert: certificate.text, key: key.text };
      await using upstream = new ScriptedPeer((connection) => connection.send(POEM), undefined, tls);
      await using dir = new TempDir();
      await using relay = await Relay.start(dir, upstream.port);
      await using proxy = await RunningService.start(
        "proxy",
        `localhost:${relay.port}`,
        "--verbose",
        ...BY_TLS,
      );
      const deceived = visit(proxy.port);
      await upstream.connection();
      await proxy.until((line) => line.startsWith("Connected"));
      upstream.connections[0]?.reset();
      expect(await deceived).toEqual(NOTHING);
      upstream.script = (connection) => connection.send(POEM).fin();
      expect(await visit(proxy.port)).toEqual(WHOLE);
    },
  );

  testWith(openssl, "shows its own certificate to a server that requires one", async () => {
    await using server = await RunningService.start("serve", FILE, ...pki.flags(), "--tls-client-ca", ca);
    const client = pki.issue("client");
    const own = ["--upstream-cert", client.certificate.file, "--upstream-key", client.key.file];
    await using proxy = await RunningService.start("proxy", `localhost:${server.port}`, ...BY_TLS, ...own);
    expect(await visit(proxy.port)).toEqual(WHOLE);
    await using stranger = await RunningService.start("proxy", `localhost:${server.port}`, ...BY_TLS);
    expect(await visit(stranger.port)).toEqual(NOTHING);
    await stranger.until((line) => line.includes("it requires a client certificate"));
  });

  testWith(openssl, "verifies certificates whatever the environment says", async () => {
    await using server = await RunningService.start("serve", FILE, ...pki.flags());
    const careless = ["env", "NODE_TLS_REJECT_UNAUTHORIZED=0", POETRY];
    const { code, stdout, stderr } = await run([...careless, "get", `localhost:${server.port}`, "--tls"]);
    expect({ code, bytes: stdout.length }).toEqual({ code: 1, bytes: 0 });
    expect(stderr).toContain("the certificate was signed by an unknown authority");
  });

  testWith(openssl, "trusts the authorities of the system", async () => {
    await using server = await RunningService.start("serve", FILE, ...pki.flags());
    const trusting = ["env", `SSL_CERT_FILE=${ca}`, POETRY];
    const { code, stdout } = await run([...trusting, "get", `localhost:${server.port}`, "--tls"]);
    expect({ code, same: stdout.equals(POEM) }).toEqual({ code: 0, same: true });
  });

  testWith(openssl, "accepts a pin in the form in which openssl prints a digest", async () => {
    const foreign = pki.issue("foreign", { by: "self" });
    await using server = await RunningService.start("serve", FILE, ...pki.flags(foreign));
    const print = ["openssl", "x509", "-noout", "-fingerprint", "-sha256", "-in", foreign.certificate.file];
    const printed = (await run(print)).stdout.toString().trim();
    const [, digest = ""] = printed.split("=");
    for (const pin of [printed, digest])
      expect(await poetry("get", `localhost:${server.port}`, "--tls", "--pin", pin)).toMatchObject({
        code: 0,
      });
    const { code, stderr } = await poetry(
      "get",
      `localhost:${server.port}`,
      "--tls",
      "--pin",
      "0".repeat(64),
    );
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining("the certificate is not the pinned one"),
    });
  });
});

describe("poetry without --upstream-tls", () => {
  for (const [name, peer, start] of POLITE)
    testWith(peer, `does not take for an answer what ${name} sends to a client without TLS`, async () => {
      await using server = await start();
      const flags = ["--request", "line", "--retries", "0"];
      await using proxy = await RunningService.start("proxy", `127.0.0.1:${server.port}`, ...flags);
      expect(await visit(proxy.port, (socket) => socket.write("science\n"))).toEqual(NOTHING);
      const got = await poetry("get", `127.0.0.1:${server.port}`, "--request", "science");
      expect(got.code).toBe(1);
    });
});

const RELAY = `
defaults
  mode tcp
  timeout connect 5s
  timeout client 10s
  timeout server 10s
listen relay
  bind fd@3
  server it 127.0.0.1:PORT
`;

/** HAProxy as a relay of bytes. */
class Relay extends RunningProgram {
  #port = 0;

  static async start(dir: TempDir, to: number): Promise<Relay> {
    const config = RELAY.replace("PORT", `${to}`);
    const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    const { fd } = listener as unknown as { fd: number }; // Not in Bun's types.
    const relay = new Relay(["haproxy", "-db", "-f", await dir.write("relay.cfg", config)], [fd]);
    relay.#port = listener.port;
    listener.stop();
    return relay;
  }

  get port(): number {
    return this.#port;
  }
}
