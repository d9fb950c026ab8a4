import { describe, expect } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { closedPorts } from "../support/closed-port.ts";
import { POETRY, run, RunningProgram } from "../support/program.ts";
import { ScriptedPeer } from "../support/scripted-peer.ts";
import { TempDir } from "../support/temp-dir.ts";
import { ownAddress } from "./own-address.ts";
import { allOf, findPeer, testWith } from "./peer.ts";
import { RealServer } from "./real-server.ts";
import { SocatServer, socat } from "./socat-server.ts";

const haproxy = findPeer("haproxy", ["haproxy", "-v"], (text) => text.startsWith("HAProxy version"));
const whois = findPeer("whois", ["whois", "--help"], (text) => text.includes("Usage: whois"));
const xinetd = findPeer("xinetd", ["xinetd", "-version"], (text) => text.includes("libwrap"));
const netcat = findPeer("OpenBSD netcat", ["nc", "-h"], (text) => text.includes("OpenBSD netcat"));
const team = allOf(haproxy, whois, xinetd, netcat, socat);

const EXAMPLES = join(import.meta.dirname, "../../examples");
const AGENT_PORT = 6556;

/** The example with these addresses instead of its own; everything else is as users read it. */
function fileWith(replaced: Readonly<Record<string, string>>): string {
  let text = readFileSync(join(EXAMPLES, "team.toml"), "utf8");
  for (const [before, after] of Object.entries(replaced)) {
    expect(text).toContain(before);
    text = text.replaceAll(before, after);
  }
  return text;
}

async function startAgent(address: string, dir: TempDir): Promise<RunningProgram> {
  const script = await dir.write("agent.sh", 'echo "<<<check_mk>>>"; echo "Time: $(date +%s%N)"\n');
  const user = Bun.spawnSync(["id", "-un"]).stdout.toString().trim();
  const service = `type = UNLISTED\nport = ${AGENT_PORT}\nbind = ${address}\nsocket_type = stream\nprotocol = tcp\nwait = no\nuser = ${user}\nserver = /bin/sh\nserver_args = ${script}`;
  const config = await dir.write("xinetd.conf", `defaults\n{\n}\nservice agent\n{\n${service}\n}\n`);
  const files = ["-f", config, "-filelog", `${dir.path}/log`, "-pidfile", `${dir.path}/pid`];
  return new RunningProgram(["xinetd", "-dontfork", ...files]);
}

async function startHaproxy(port: number, dir: TempDir): Promise<RealServer> {
  const config = `global\n  stats socket ipv4@127.0.0.1:${port} level operator\ndefaults\n  mode tcp\n  timeout connect 1s\n  timeout client 10s\n  timeout server 10s\n`;
  return RealServer.start(["haproxy", "-db", "-f", await dir.write("haproxy.cfg", config)]);
}

/** A registry that answers each line once. */
function openRegistry(): ScriptedPeer {
  return new ScriptedPeer((connection) => {
    connection.onData = () => connection.send(`domain: ${connection.received}`).fin();
  });
}

async function nc(port: number, text = ""): Promise<string> {
  return (await run(["nc", "-N", "127.0.0.1", `${port}`], { stdin: text })).stdout.toString();
}

/** The different answers that several clients get who ask at the same time. */
async function several<T>(ask: () => Promise<T>): Promise<Set<T>> {
  return new Set(await Promise.all([ask(), ask(), ask()]));
}

describe("examples/team.toml", () => {
  testWith(team, "serves a whole team from one file, with the programs of Debian", async () => {
    await using dir = new TempDir();
    await using registry = openRegistry();
    const address = ownAddress();
    const [stats = 0, whoisPort = 0, agentPort = 0, haproxyPort = 0, poemPort = 0, titlePort = 0] =
      closedPorts(6);
    await using script = await startAgent(address, dir);
    await using proxy = await startHaproxy(stats, dir);
    await using agent = await SocatServer.before(address, AGENT_PORT);
    await using api = await SocatServer.before("127.0.0.1", stats);
    const ports = {
      whois: whoisPort,
      agent: agentPort,
      haproxy: haproxyPort,
      poems: poemPort,
      titles: titlePort,
    };
    const file = await dir.write(
      "team.toml",
      fileWith({
        "whois.ripe.net:43": `127.0.0.1:${registry.port}`,
        "port = 4343": `port = ${ports.whois}`,
        "127.0.0.1:16556": `127.0.0.1:${agent.port}`,
        "port = 6556": `port = ${ports.agent}`,
        "127.0.0.1:19999": `127.0.0.1:${api.port}`,
        "port = 9998": `port = ${ports.haproxy}`,
        "port = 10001": `port = ${ports.poems}`,
        "127.0.0.1:10001": `127.0.0.1:${ports.poems}`,
        "port = 10000": `port = ${ports.titles}`,
        "../poetry/": join(EXAMPLES, "../poetry"),
      }),
    );
    const checked = await run([POETRY, "check", file]);
    expect([checked.code, checked.stdout.toString()]).toEqual([0, `${file}: 5 services, no mistakes.\n`]);

    await using up = new RunningProgram([POETRY, "up", file]);
    await up.until((line) => line.startsWith("titles: Proxying"));
    const names = await several(async () =>
      (await run(["whois", "-h", "127.0.0.1", "-p", `${ports.whois}`, "poetry.example"])).stdout.toString(),
    );
    expect([...names]).toEqual([expect.stringContaining("domain: poetry.example")]);
    expect(registry.connections).toHaveLength(1);

    const reports = await several(() => nc(ports.agent));
    expect([...reports]).toEqual([expect.stringMatching(/^<<<check_mk>>>\nTime: \d+\n$/)]);
    expect(await agent.end()).toBe(1);

    const infos = await several(() => nc(ports.haproxy, "show info\n"));
    expect([...infos]).toEqual([expect.stringContaining("CumConns:")]);
    expect(await nc(ports.haproxy, "disable server a/b\n")).toBe("");
    expect(await api.end()).toBe(1);

    const poems = await several(() => nc(ports.titles, "ecstasy\n"));
    expect([...poems]).toEqual([readFileSync(join(EXAMPLES, "../poetry/ecstasy.txt"), "utf8")]);

    up.signal("SIGTERM");
    expect(await up.exited).toBe(0);
    expect([script.pid, proxy.pid]).not.toContain(0);
  });
});
