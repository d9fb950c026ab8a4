import { describe, expect } from "bun:test";
import { run, RunningService } from "../support/program.ts";
import { ScriptedPeer } from "../support/scripted-peer.ts";
import { ownAddress } from "./own-address.ts";
import { allOf, findPeer, testWith, type Peer } from "./peer.ts";
import { socat, SocatServer } from "./socat-server.ts";

const FINGER_PORT = 79; // The client has no flag for another.
const FINGERD = "/usr/sbin/in.fingerd";

const client = findPeer("finger", ["finger", "root"], (text) => text.startsWith("Login: "));
const server = findPeer("in.fingerd", ["test", "-x", FINGERD], () => Bun.which(FINGERD) !== null);
const right: Peer = { name: `the right to open port ${FINGER_PORT}`, isHere: canListen() };
const finger = allOf(client, server, socat, right);

function canListen(): boolean {
  try {
    Bun.listen({ hostname: ownAddress(), port: FINGER_PORT, socket: { data() {} } }).stop();
    return true;
  } catch {
    return false;
  }
}

async function ask(...args: string[]): Promise<string> {
  const { stdout } = await run(["finger", ...args]);
  expect(stdout.length).toBeGreaterThan(0);
  return stdout.toString();
}

function startProxy(host: string, { port }: { port: number }): Promise<RunningService> {
  const listen = ["--host", host, "--port", `${FINGER_PORT}`];
  return RunningService.start("proxy", `${port}`, "--preset", "finger", ...listen);
}

describe("finger through a proxy with --preset finger", () => {
  testWith(finger, "gets the same as from fingerd, which is asked once per request", async () => {
    const [direct, proxied] = [ownAddress(), ownAddress()];
    await using alone = await SocatServer.start(`EXEC:${FINGERD},nofork`, {
      host: direct,
      port: FINGER_PORT,
    });
    await using shared = await SocatServer.start(`EXEC:${FINGERD},nofork`);
    await using proxy = await startProxy(proxied, shared);
    expect(proxy.port).toBe(FINGER_PORT);
    for (const flags of ["-s", "-l"]) {
      // -l asks "/W root": another request.
      const expected = await ask(flags, `root@${direct}`);
      for (let i = 0; i < 3; i++) expect(await ask(flags, `root@${proxied}`)).toBe(expected);
    }
    expect(await shared.end()).toBe(2);
    expect(await alone.end()).toBe(2);
  });

  testWith(finger, "has a request that names another host forwarded each time", async () => {
    await using relay = new ScriptedPeer((connection) => {
      connection.onData = () =>
        connection.received.endsWith("\r\n") && connection.send("No such host.\r\n").fin();
    });
    const host = ownAddress();
    await using proxy = await startProxy(host, relay);
    expect(proxy.port).toBe(FINGER_PORT);
    for (let i = 0; i < 2; i++) expect(await ask(`root@elsewhere@${host}`)).toStartWith("No such host.");
    expect(relay.connections.map(({ received }) => received)).toEqual([
      "root@elsewhere\r\n",
      "root@elsewhere\r\n",
    ]);
  });
});
