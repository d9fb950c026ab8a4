import { describe, expect, test } from "bun:test";
import { hasNetworks, inNetwork } from "../support/namespace.ts";
import { closedPort } from "../support/closed-port.ts";
import { POEM, recite } from "../support/poem.ts";
import { POETRY, poetry, run, RunningProgram, RunningService } from "../support/program.ts";
import { ScriptedPeer, type PeerConnection } from "../support/scripted-peer.ts";
import { TempDir } from "../support/temp-dir.ts";
import { Visitor, type Visit } from "../support/visitor.ts";
import { allOf, findPeer, testWith } from "./peer.ts";
import { Relay, RELAYS } from "./relay.ts";

const HALF = POEM.slice(0, 40);
const reset = (text: string): Visit => ({ bytes: Buffer.from(text), end: "reset" });
const ended = (text: string): Visit => ({ bytes: Buffer.from(text), end: "fin" });

/** A transformation server that hangs up in the middle of its answer. */
function answerHalf(connection: PeerConnection): void {
  connection.onData = () => connection.send("20:half a po").reset();
}

function visitorOf({ port, host = "127.0.0.1" }: { readonly port: number; readonly host?: string }): Visitor {
  return new Visitor({ host, port });
}

describe.each(RELAYS.map((kind) => [kind.name, kind] as const))("%s", (_name, kind) => {
  testWith(kind.peer, "turns the reset of a failed fetch into a clean end without a byte", async () => {
    await using dir = new TempDir();
    await using proxy = await RunningService.start("proxy", `${closedPort()}`, "--retries", "0");
    await using relay = await Relay.before(proxy.port, kind, dir);
    expect(await visitorOf(proxy).visit).toEqual(reset(""));
    expect(await visitorOf(relay).visit).toEqual(ended(""));
  });

  testWith(kind.peer, "turns the reset of a streamed answer that is cut short into a clean end", async () => {
    await using dir = new TempDir();
    await using upstream = new ScriptedPeer();
    await using proxy = await RunningService.start("proxy", `${upstream.port}`, "--stream", "--retries", "0");
    await using relay = await Relay.before(proxy.port, kind, dir);
    const [direct, relayed] = [visitorOf(proxy), visitorOf(relay)];
    const connection = await upstream.connection();
    connection.send(HALF);
    await Promise.all([direct.until(HALF), relayed.until(HALF)]);
    connection.reset();
    expect(await direct.visit).toEqual(reset(HALF));
    expect(await relayed.visit).toEqual(ended(HALF));
  });

  testWith(
    kind.peer,
    "in front of an upstream makes half an answer look complete, and it is kept",
    async () => {
      await using dir = new TempDir();
      await using upstream = new ScriptedPeer();
      await using relay = await Relay.before(upstream.port, kind, dir);
      await using proxy = await RunningService.start("proxy", relay.address, "--stream");
      const visitor = visitorOf(proxy);
      const connection = await upstream.connection();
      connection.send(HALF);
      await visitor.until(HALF);
      connection.reset();
      expect(await visitor.visit).toEqual(ended(HALF));
      expect(await visitorOf(proxy).visit).toEqual(ended(HALF));
      expect(upstream.connections).toHaveLength(1);
    },
  );

  testWith(
    kind.peer,
    "in front of an upstream does no harm if --complete knows the end of an answer",
    async () => {
      await using dir = new TempDir();
      await using upstream = new ScriptedPeer((connection) => connection.send(HALF).reset());
      await using relay = await Relay.before(upstream.port, kind, dir);
      const args = [relay.address, "--complete", "veins\n$", "--retries", "0"];
      await using proxy = await RunningService.start("proxy", ...args);
      expect(await visitorOf(proxy).visit).toEqual(reset(""));
      upstream.script = recite;
      expect(await visitorOf(proxy).visit).toEqual(ended(POEM));
    },
  );

  testWith(
    kind.peer,
    "in front of an upstream that is down leaves an empty answer, which is a failure",
    async () => {
      await using dir = new TempDir();
      await using relay = await Relay.before(closedPort(), kind, dir);
      await using proxy = await RunningService.start("proxy", relay.address, "--retries", "0");
      expect(await visitorOf(proxy).visit).toEqual(reset(""));
    },
  );

  testWith(kind.peer, "cannot truncate a netstring unnoticed", async () => {
    await using dir = new TempDir();
    await using server = new ScriptedPeer(answerHalf);
    await using poems = new ScriptedPeer(recite);
    await using relay = await Relay.before(server.port, kind, dir);
    const args = [`${poems.port}`, "--transform", "shout", "--via", relay.address];
    const { code, stdout, stderr } = await poetry("get", ...args);
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("cut short after 12 bytes");
  });
});

const openssl = findPeer("openssl", ["openssl", "version"], (text) => text.startsWith("OpenSSL"));

/** A TLS server that sends half a poem, and then ends properly, or with a reset. */
async function tlsServer(dir: TempDir, isCut: boolean) {
  const [key, cert] = [`${dir.path}/key.pem`, `${dir.path}/cert.pem`];
  const options = "-x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost";
  await run(["openssl", "req", ...options.split(" "), "-keyout", key, "-out", cert]);
  const heard = Promise.withResolvers<() => void>();
  const server = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    allowHalfOpen: true,
    tls: { key: Bun.file(key), cert: Bun.file(cert) },
    socket: {
      handshake(socket) {
        socket.write(`${HALF}\n`);
        heard.resolve(() => (isCut ? socket.terminate() : socket.shutdown()));
      },
      data() {},
    },
  });
  return { port: server.port, end: heard.promise, [Symbol.dispose]: () => server.stop(true) };
}

describe.each(RELAYS.map((kind) => [kind.name, kind] as const))(
  "%s that passes TLS through",
  (_name, kind) => {
    testWith(allOf(kind.peer, openssl), "cannot make a clean end of a reset: it lacks the key", async () => {
      for (const isCut of [false, true]) {
        await using dir = new TempDir();
        using server = await tlsServer(dir, isCut);
        await using relay = await Relay.before(server.port, kind, dir);
        const client = ["openssl", "s_client", "-quiet", "-connect", relay.address];
        const visit = Bun.spawn(client, { stdin: "pipe", stdout: "pipe", stderr: "pipe" });
        const reader = visit.stdout.getReader();
        expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe(`${HALF}\n`);
        (await server.end)();
        expect(await visit.exited).toBe(isCut ? 1 : 0);
        expect((await visit.stderr.text()).includes("unexpected eof")).toBe(isCut);
      }
    });
  },
);

const CHAIN = "nft 'add table ip n; add chain ip n o { type nat hook output priority -100; }'";
/** Whether this kernel supports it. */
const canForward = hasNetworks && Bun.spawnSync(inNetwork(`${CHAIN} 2>&-`, ["true"])).exitCode === 0;

describe.skipIf(!canForward)("The kernel, which forwards packets (nftables' dnat),", () => {
  test("passes resets on", async () => {
    const rule = "add rule ip n o tcp dport 7001 dnat to 127.0.0.1:10000";
    const setUp = `ip link set lo up; ${CHAIN}; nft '${rule}'`;
    const script = `"$0" proxy 1 --port 10000 2>&- &
      until "$0" get 10000 2>&1 | grep reset >&2; do :; done
      "$0" get 127.0.0.1:7001
      kill $!`;
    await using program = new RunningProgram(inNetwork(setUp, ["sh", "-c", script, POETRY]));
    await program.exited;
    await program.silent;
    expect(program.lines).toEqual([
      expect.stringContaining("Cannot fetch from 127.0.0.1:10000: connection reset"),
      expect.stringContaining("Cannot fetch from 127.0.0.1:7001: connection reset"),
    ]);
  });
});
