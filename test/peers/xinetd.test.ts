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

/** xinetd with a script of bash behind it. It does not say when it listens: socat tries until it does. */
async function startScript(
  script: string,
  dir: TempDir,
): Promise<{ server: RunningProgram; relay: SocatServer }> {
  const address = ownAddress();
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
  return {
    server: new RunningProgram(["xinetd", "-dontfork", ...files]),
    relay: await SocatServer.start(`TCP:${address}:${PORT},retry=500,interval=0.02`),
  };
}

async function ask(port: number, request = ""): Promise<string> {
  const { stdout } = await run(["nc", "-N", "127.0.0.1", `${port}`], { stdin: request });
  return stdout.toString();
}

describe("a script that xinetd runs, behind a proxy", () => {
  testWith(xinetd, "is a Checkmk agent, though bash complains first (--preset checkmk)", async () => {
    await using dir = new TempDir();
    const { server, relay } = await startScript('echo "<<<check_mk>>>"; echo "Time: $(date +%s%N)"', dir);
    await using _ = server;
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
    const { server, relay } = await startScript("exec /nowhere/check_mk_agent", dir);
    await using _ = server;
    const args = [`${relay.port}`, "--preset", "checkmk", "--retries", "0"];
    await using proxy = await RunningService.start("proxy", ...args);
    for (let i = 0; i < 2; i++) expect(await ask(proxy.port)).toBe("");
    expect(await relay.end()).toBe(2);
  });
});
