import { describe, expect } from "bun:test";
import { certificates } from "../support/own-certificates.ts";
import { POEM, recite } from "../support/poem.ts";
import { run, RunningProgram, RunningService } from "../support/program.ts";
import { ScriptedPeer } from "../support/scripted-peer.ts";
import { TempDir } from "../support/temp-dir.ts";
import { untilListening } from "../support/until.ts";
import { Visitor } from "../support/visitor.ts";
import { ownAddress } from "./own-address.ts";
import { allOf, findPeer, testWith } from "./peer.ts";
import { haproxy } from "./relay.ts";
import { socat } from "./socat-server.ts";

const pki = certificates();
const PORT = 7001;
const curl = findPeer("curl", ["curl", "--help", "all"], (text) => text.includes("--haproxy-protocol"));

/** HAProxy on an address of its own, in front of a port of 127.0.0.1. */
class Haproxy extends RunningProgram {
  readonly host: string;

  private constructor(host: string, config: string) {
    super(["sh", "-c", 'exec haproxy -db -f "$1" 1>&2', "sh", config]);
    this.host = host;
  }

  /**
   * @param bind options of the frontend
   * @param server options of the server
   */
  static async before(
    port: number,
    { bind = "", server = "" }: { readonly bind?: string; readonly server?: string },
    dir: TempDir,
  ): Promise<Haproxy> {
    const host = ownAddress();
    const text = `
global
  log stdout format raw local0
defaults
  mode tcp
  log global
  timeout connect 1s
  timeout client 10s
  timeout server 10s
listen relay
  log-format "client %ci:%cp"
  bind ${host}:${PORT} ${bind}
  server other 127.0.0.1:${port} ${server}
`;
    const program = new Haproxy(host, await dir.write("haproxy.cfg", text));
    await untilListening({ host, port: PORT });
    return program;
  }
}

/** A proxy that trusts HAProxy, and logs each client as JSON. */
function behindHaproxy(upstream: ScriptedPeer, ...args: string[]): Promise<RunningService> {
  const how = ["--proxy-from", "127.0.0.0/8", "--verbose", "--log", "json", "--ttl", "inf"];
  return RunningService.start("proxy", `${upstream.port}`, ...how, ...args);
}

/** The answer to a client from an address of its own. */
async function visitFrom(client: string, relay: { readonly host: string }): Promise<string> {
  // It only reads: HAProxy drops a client that half-closes before the server is connected.
  const { stdout } = await run(["socat", "-u", `TCP:${relay.host}:${PORT},bind=${client}`, "-"]);
  return stdout.toString();
}

describe.each(["send-proxy", "send-proxy-v2"])("HAProxy with %s", (how) => {
  testWith(allOf(haproxy, socat), "names its clients to the proxy", async () => {
    await using dir = new TempDir();
    await using upstream = new ScriptedPeer(recite);
    await using proxy = await behindHaproxy(upstream);
    await using relay = await Haproxy.before(proxy.port, { server: how }, dir);
    const clients = [ownAddress(), ownAddress()];
    for (const client of clients) {
      expect(await visitFrom(client, relay)).toBe(POEM);
      await proxy.until(
        (line) => line.includes('"event":"visited"') && line.includes(`"client":"${client}:`),
      );
    }
    expect(upstream.connections).toHaveLength(1);
  });

  testWith(allOf(haproxy, socat), "lets the proxy judge its clients by their addresses", async () => {
    await using dir = new TempDir();
    await using upstream = new ScriptedPeer(recite);
    const [welcome, other] = [ownAddress(), ownAddress()];
    await using proxy = await behindHaproxy(upstream, "--clients", welcome);
    await using relay = await Haproxy.before(proxy.port, { server: how }, dir);
    expect(await visitFrom(welcome, relay)).toBe(POEM);
    expect(await visitFrom(other, relay)).toBe("");
    await proxy.until((line) => line.includes("proxy/accept/access") && line.includes(`"client":"${other}:`));
  });

  testWith(haproxy, "checks the proxy, which costs no fetch and is no client", async () => {
    await using dir = new TempDir();
    await using upstream = new ScriptedPeer(recite);
    await using proxy = await behindHaproxy(upstream);
    await using _ = await Haproxy.before(proxy.port, { server: `${how} check inter 50` }, dir);
    await proxy.until(() => proxy.lines.filter(isCheck).length >= 2); // Equal lines of one second are folded into one.
    expect(proxy.lines.filter((line) => line.includes('"event":"visited"')).every(isCheck)).toBe(true);
    expect(upstream.connections).toHaveLength(0);
  });
});

/** The same over TLS. */
async function visitByTls(client: string, relay: { readonly host: string }): Promise<string> {
  const tls = `cafile=${pki.authority.certificate.file},commonname=localhost`;
  const to = `OPENSSL:${relay.host}:${PORT},bind=${client},${tls}`;
  const { stdout } = await run(["socat", "-u", to, "-"]);
  return stdout.toString();
}

/** HAProxy passes TLS through, with a header about the client before it. */
describe.each(["send-proxy", "send-proxy-v2"])("HAProxy with %s before TLS", (how) => {
  testWith(allOf(haproxy, socat), "names its clients to the proxy, which judges them by that", async () => {
    await using dir = new TempDir();
    await using upstream = new ScriptedPeer(recite);
    const [welcome, other] = [ownAddress(), ownAddress()];
    await using proxy = await behindHaproxy(upstream, "--clients", welcome, "--rate", "5/h", ...pki.flags());
    await using relay = await Haproxy.before(proxy.port, { server: how }, dir);
    for (let i = 0; i < 5; i++) expect(await visitByTls(welcome, relay)).toBe(POEM);
    expect(await visitByTls(welcome, relay)).toBe("");
    expect(await visitByTls(other, relay)).toBe("");
    for (const [client, ending] of [
      [welcome, '"ok"'],
      [welcome, "proxy/accept/rate"],
      [other, "proxy/accept/access"],
    ] as const)
      await proxy.until((line) => line.includes(`"client":"${client}:`) && line.includes(ending));
    expect(upstream.connections).toHaveLength(1);
  });

  testWith(haproxy, "checks the proxy, which costs no fetch and is no client", async () => {
    await using dir = new TempDir();
    await using upstream = new ScriptedPeer(recite);
    await using proxy = await behindHaproxy(upstream, ...pki.flags());
    await using _ = await Haproxy.before(proxy.port, { server: `${how} check inter 50` }, dir);
    await proxy.until(() => proxy.lines.filter(isCheck).length >= 2);
    expect(proxy.lines.filter((line) => line.includes('"event":"visited"')).every(isCheck)).toBe(true);
    expect(upstream.connections).toHaveLength(0);
  });

  testWith(allOf(haproxy, socat), "cannot make an end of an answer that breaks off", async () => {
    await using dir = new TempDir();
    await using upstream = new ScriptedPeer((connection) => connection.send(POEM));
    await using proxy = await behindHaproxy(upstream, "--stream", ...pki.flags());
    await using relay = await Haproxy.before(proxy.port, { server: how }, dir);
    const identity = { ca: pki.authority.certificate, name: "localhost", pins: [] };
    const client = new Visitor({ host: relay.host, port: PORT }, undefined, identity);
    await client.until(POEM);
    (await upstream.connection()).reset();
    expect((await client.visit).end).not.toBe("fin");
  });
});

/** A line about a health check. */
const isCheck = (line: string) => line.includes("client/header/check");

describe("HAProxy", () => {
  testWith(allOf(haproxy, socat), "without a header is reset by a proxy that wants one", async () => {
    await using dir = new TempDir();
    await using upstream = new ScriptedPeer(recite);
    await using proxy = await behindHaproxy(upstream);
    await using relay = await Haproxy.before(proxy.port, {}, dir);
    const { stdout } = await run(["socat", "-t", "30", "-", `TCP:${relay.host}:${PORT}`], {
      stdin: "hello\n",
    });
    expect(stdout.toString()).toBe("");
    await proxy.until((line) => line.includes("client/header/malformed"));
    expect(upstream.connections).toHaveLength(0);
  });
});

describe.each(["v1", "v2"])("HAProxy with accept-proxy before an upstream of --send-proxy %s", (version) => {
  testWith(
    haproxy,
    "gets the client's address with a request that is not shared, otherwise only the proxy's",
    async () => {
      await using dir = new TempDir();
      await using upstream = new ScriptedPeer((connection) => (connection.onData = () => recite(connection)));
      await using relay = await Haproxy.before(upstream.port, { bind: "accept-proxy" }, dir);
      const args = ["--send-proxy", version, "--request", "line", "--cacheable", "^show "];
      await using proxy = await RunningService.start("proxy", `${relay.host}:${PORT}`, ...args);
      const ask = async (line: string) => {
        const before = relay.lines.length;
        let port = 0;
        const visitor = new Visitor(proxy.port, (socket) => {
          port = socket.localPort;
          socket.write(line);
        });
        expect((await visitor.visit).bytes.toString()).toBe(POEM);
        await relay.until(() => relay.lines.length > before);
        return { port, told: relay.lines.at(-1) };
      };
      const passed = await ask("set map\n");
      expect(passed.told).toBe(`client 127.0.0.1:${passed.port}`);
      const shared = await ask("show map\n");
      expect(shared.told).toMatch(/^client 127\.0\.0\.1:\d+$/);
      expect(shared.told).not.toBe(`client 127.0.0.1:${shared.port}`);
    },
  );
});

describe("curl --haproxy-protocol", () => {
  testWith(curl, "gets the poem: it names no client, and waits", async () => {
    await using upstream = new ScriptedPeer(recite);
    await using proxy = await behindHaproxy(upstream);
    for (let i = 0; i < 3; i++) {
      const address = `http://127.0.0.1:${proxy.port}/`;
      const { code, stdout } = await run(["curl", "--silent", "--http0.9", "--haproxy-protocol", address]);
      expect({ code, text: stdout.toString() }).toEqual({ code: 0, text: POEM });
    }
    expect(upstream.connections).toHaveLength(1);
  });

  testWith(curl, "gets it over TLS, too", async () => {
    await using upstream = new ScriptedPeer(recite);
    await using proxy = await behindHaproxy(upstream, ...pki.flags());
    const flags = ["--silent", "--http0.9", "--haproxy-protocol", "--cacert", pki.authority.certificate.file];
    const { code, stdout } = await run(["curl", ...flags, `https://127.0.0.1:${proxy.port}/`]);
    expect({ code, text: stdout.toString() }).toEqual({ code: 0, text: POEM });
  });
});
