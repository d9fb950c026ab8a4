import { describe, expect } from "bun:test";
import { run, RunningProgram, RunningService } from "../support/program.ts";
import { TempDir } from "../support/temp-dir.ts";
import { allOf, findPeer, testWith } from "./peer.ts";
import { socat } from "./socat-server.ts";

const haproxy = findPeer("haproxy", ["haproxy", "-v"], (text) => text.startsWith("HAProxy version"));
const netcat = findPeer("OpenBSD netcat", ["nc", "-h"], (text) => text.includes("OpenBSD netcat"));
const peers = allOf(haproxy, netcat, socat);

/** It inherits two descriptors, so that the ports are known and nobody else gets them. */
const CONFIG = `
global
  stats socket fd@3 level admin
defaults
  mode tcp
  timeout connect 1s
  timeout client 10s
  timeout server 10s
frontend poems
  bind fd@4
  tcp-request connection reject if { src,map_ip(MAP) -m found }
  default_backend poets
backend poets
  server donne 127.0.0.1:1
`;

/** HAProxy with its runtime API on a free port. */
class Haproxy extends RunningProgram {
  #port = 0;

  static async start(dir: TempDir): Promise<Haproxy> {
    const file = await dir.write("haproxy.cfg", CONFIG.replace("MAP", await dir.write("poets.map", "")));
    const [api, frontend] = [openPort(), openPort()];
    const fds = [api, frontend].map((each) => (each as unknown as { fd: number }).fd); // Not in Bun's types.
    const server = new Haproxy(["haproxy", "-db", "-f", file], fds);
    server.#port = api.port;
    for (const each of [api, frontend]) each.stop(); // Now only HAProxy has them.
    return server;
  }

  get port(): number {
    return this.#port;
  }

  /** The number of connections so far, including this one. */
  async connections(): Promise<number> {
    const info = await CLIENTS.nc(this.port, "show info");
    return Number(/^CumConns: (\d+)$/m.exec(info)?.[1]);
  }
}

function openPort() {
  return Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
}

async function ask(command: string[], line: string): Promise<string> {
  const { code, stdout } = await run(command, { stdin: `${line}\n` });
  expect(code).toBe(0);
  return stdout.toString();
}

/** Ways to ask; all of them half-close after the request. */
const COMMANDS = {
  nc: (port: number) => ["nc", "-N", "127.0.0.1", `${port}`],
  socat: (port: number) => ["socat", "-t", "30", "-", `TCP:127.0.0.1:${port}`],
};

const CLIENTS = {
  nc: (port: number, line: string) => ask(COMMANDS.nc(port), line),
  socat: (port: number, line: string) => ask(COMMANDS.socat(port), line),
};

describe.each([
  ["nc -N", CLIENTS.nc, COMMANDS.nc],
  ["socat", CLIENTS.socat, COMMANDS.socat],
] as const)("%s asks HAProxy through a proxy with --preset haproxy", (_, askBy, command) => {
  testWith(peers, "and gets the answer of HAProxy, which is asked once", async () => {
    await using dir = new TempDir();
    await using server = await Haproxy.start(dir);
    const args = [`${server.port}`, "--preset", "haproxy", "--ttl", "inf"];
    await using proxy = await RunningService.start("proxy", ...args);
    const line = "show backend"; // "show servers state" shows how many seconds have passed.
    const direct = await askBy(server.port, line);
    expect(direct).toContain("poets");
    const before = await server.connections();
    const answers = await Promise.all(Array.from({ length: 12 }, () => askBy(proxy.port, line)));
    answers.push(await askBy(proxy.port, `${line} `)); // The same, except for a blank.
    answers.push(await askBy(proxy.port, `${line}\r`)); // HAProxy itself does not know that.
    expect(new Set(answers)).toEqual(new Set([direct]));
    expect(await server.connections()).toBe(before + 2);
  });

  testWith(peers, "and is reset if it sends anything but a show command", async () => {
    await using dir = new TempDir();
    await using server = await Haproxy.start(dir);
    await using proxy = await RunningService.start("proxy", `${server.port}`, "--preset", "haproxy");
    const before = await server.connections();
    for (const line of ["set weight poets/donne 50%", "show info;disable server poets/donne", "prompt"]) {
      const asked = run(command(proxy.port), { stdin: `${line}\n` });
      expect((await asked).stdout.toString()).toBe("");
    }
    expect(await server.connections()).toBe(before + 1);
    expect(await askBy(server.port, "show servers state")).toContain("donne 127.0.0.1 2 0 1 1 ");
  });

  testWith(peers, "and with --allow '' has a command with effects executed each time", async () => {
    await using dir = new TempDir();
    await using server = await Haproxy.start(dir);
    const args = [`${server.port}`, "--preset", "haproxy", "--allow", ""];
    await using proxy = await RunningService.start("proxy", ...args);
    const line = "set weight poets/donne 50%; show weight poets/donne";
    const direct = await askBy(server.port, line);
    const before = await server.connections();
    for (let i = 0; i < 3; i++) expect(await askBy(proxy.port, line)).toBe(direct);
    expect(await server.connections()).toBe(before + 3 + 1);
  });

  testWith(peers, "and with --allow '' has a payload passed on with its command", async () => {
    await using dir = new TempDir();
    await using server = await Haproxy.start(dir);
    const args = [`${server.port}`, "--preset", "haproxy", "--allow", ""];
    await using proxy = await RunningService.start("proxy", ...args);
    const map = `${dir.path}/poets.map`;
    await askBy(proxy.port, `add map ${map} <<\n10.0.0.3 donne\n10.0.0.4 marvell\n`);
    expect(await askBy(server.port, `show map ${map}`)).toMatch(
      / 10\.0\.0\.3 donne\n.* 10\.0\.0\.4 marvell\n/,
    );
  });
});
