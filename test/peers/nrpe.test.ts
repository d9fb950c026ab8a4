import { describe, expect } from "bun:test";
import { run, RunningProgram, RunningService } from "../support/program.ts";
import { TempDir } from "../support/temp-dir.ts";
import { ownAddress } from "./own-address.ts";
import { allOf, findPeer, testWith } from "./peer.ts";
import { isRoot } from "./real-server.ts";
import { socat, SocatServer } from "./socat-server.ts";

const PORT = 5666;
const CHECK = "/usr/lib/nagios/plugins/check_nrpe";
const server = findPeer("nrpe", ["nrpe", "-V"], (text) =>
  text.includes("NRPE - Nagios Remote Plugin Executor"),
);
const client = findPeer("check_nrpe", [CHECK, "-V"], (text) => text.includes("NRPE"));
const nrpe = allOf(server, client, socat);

/** The name of a command that does not fit into a packet of 1036 bytes. */
const LONG = "x".repeat(1500);

/** nrpe without TLS. It does not report when it listens: `SocatServer.before` retries until it does. */
async function startAgent(address: string, dir: TempDir): Promise<RunningProgram> {
  const config = await dir.write(
    "nrpe.cfg",
    `
${isRoot ? "nrpe_user=nobody\nnrpe_group=nogroup\n" : ""}
pid_file=${dir.path}/pid
server_address=${address}
server_port=${PORT}
allowed_hosts=127.0.0.1
command[verse]=/bin/echo Busy old fool
command[${LONG}]=/bin/echo unruly Sun
`,
  );
  return new RunningProgram(["nrpe", "-c", config, "-n", "-f"]);
}

async function check(port: number, version: 2 | 4, name: string): Promise<string> {
  const { stdout } = await run([CHECK, "-H", "127.0.0.1", "-p", `${port}`, "-n", `-${version}`, "-c", name]);
  return stdout.toString();
}

describe("check_nrpe through a proxy with --preset nrpe", () => {
  testWith(nrpe, "has each check run once, whatever the length of its packet", async () => {
    await using dir = new TempDir();
    const address = ownAddress();
    await using _ = await startAgent(address, dir);
    await using counter = await SocatServer.before(address, PORT);
    await using proxy = await RunningService.start(
      "proxy",
      `${counter.port}`,
      "--preset",
      "nrpe",
      "--ttl",
      "inf",
    );
    for (let i = 0; i < 3; i++) {
      expect(await check(proxy.port, 4, "verse")).toBe("Busy old fool\n");
      expect(await check(proxy.port, 4, LONG)).toBe("unruly Sun\n");
    }
    expect(await counter.end()).toBe(2);
  });

  testWith(nrpe, "of version 2, whose packets are never equal, has each check run each time", async () => {
    await using dir = new TempDir();
    const address = ownAddress();
    await using _ = await startAgent(address, dir);
    await using counter = await SocatServer.before(address, PORT);
    await using proxy = await RunningService.start(
      "proxy",
      `${counter.port}`,
      "--preset",
      "nrpe",
      "--ttl",
      "inf",
    );
    for (let i = 0; i < 3; i++) expect(await check(proxy.port, 2, "verse")).toBe("Busy old fool\n");
    expect(await counter.end()).toBe(3);
  });
});
