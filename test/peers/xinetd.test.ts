import { describe, expect } from "bun:test";
import { run, RunningProgram, RunningService } from "../support/program.ts";
import { TempDir } from "../support/temp-dir.ts";
import { ownAddress } from "./own-address.ts";
import { allOf, findPeer, testWith } from "./peer.ts";
import { socat, SocatServer } from "./socat-server.ts";

const PORT = 6556;
const daemon = findPeer("xinetd", ["xinetd", "-version"], (text) => text.includes("libwrap"));
const netcat = findPeer("OpenBSD netcat", ["nc", "-h"], (text) => text.includes("OpenBSD netcat"));
const xinetd = allOf(daemon, netcat, socat);

/** xinetd, which runs a script of bash for each client. */
async function startScript(script: string, address: string, dir: TempDir): Promise<RunningProgram> {
  const config = await dir.write(
    "xinetd.conf",
    `
defaults
{
}
service script
{
  type = UNLISTED
  port = ${PORT}
  bind = ${address}
  socket_type = stream
  protocol = tcp
  wait = no
  user = ${Bun.spawnSync(["id", "-un"]).stdout.toString().trim()}
  env = LC_ALL=xx_XX.UTF-8
  server = /bin/bash
  server_args = ${await dir.write("script.sh", script)}
}
`,
  );
  const files = ["-f", config, "-filelog", `${dir.path}/log`, "-pidfile", `${dir.path}/pid`];
  return new RunningProgram(["xinetd", "-dontfork", ...files]);
}

async function ask(port: number, request = ""): Promise<string> {
  const { stdout } = await run(["nc", "-N", "127.0.0.1", `${port}`], { stdin: request });
  return stdout.toString();
}

describe("a script that xinetd runs, behind a proxy", () => {
  testWith(xinetd, "is a Checkmk agent, even if bash prints an error first (--preset checkmk)", async () => {
    await using dir = new TempDir();
    const address = ownAddress();
    await using _ = await startScript('echo "<<<check_mk>>>"; echo "Time: $(date +%s%N)"', address, dir);
    await using relay = await SocatServer.before(address, PORT);
    expect(await ask(relay.port)).toMatch(/^bash: warning: setlocale: .*\n<<<check_mk>>>\nTime: \d+\n$/);
    await using proxy = await RunningService.start(
      "proxy",
      `${relay.port}`,
      "--preset",
      "checkmk",
      "--ttl",
      "inf",
    );
    const first = await ask(proxy.port);
    expect(first).toMatch(/^bash: warning: setlocale: .*\n<<<check_mk>>>\nTime: \d+\n$/);
    for (let i = 0; i < 3; i++) expect(await ask(proxy.port)).toBe(first);
    expect(await relay.end()).toBe(2);
  });

  testWith(xinetd, "that finds no agent is a failure (--preset checkmk)", async () => {
    await using dir = new TempDir();
    const address = ownAddress();
    await using _ = await startScript("exec /nowhere/check_mk_agent", address, dir);
    await using relay = await SocatServer.before(address, PORT);
    const args = [`${relay.port}`, "--preset", "checkmk", "--retries", "0"];
    await using proxy = await RunningService.start("proxy", ...args);
    for (let i = 0; i < 2; i++) expect(await ask(proxy.port)).toBe("");
    expect(await relay.end()).toBe(2);
  });
});
