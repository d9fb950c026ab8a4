import { describe, expect } from "bun:test";
import { run, RunningService } from "../support/program.ts";
import { TempDir } from "../support/temp-dir.ts";
import { Visitor } from "../support/visitor.ts";
import { ownAddress } from "./own-address.ts";
import { allOf, findPeer, testWith } from "./peer.ts";
import { RealServer } from "./real-server.ts";
import { socat, SocatServer } from "./socat-server.ts";

const CONTROL_PORT = 8953;
const server = findPeer("unbound", ["unbound", "-V"], (text) => text.startsWith("Version "));
const client = findPeer("unbound-control", ["unbound-control", "-h"], (text) =>
  text.includes("unbound-control"),
);
const unbound = allOf(server, client, socat);

/** unbound's configuration, for the server and for the client. */
function configFor(address: string, dir: TempDir): Promise<string> {
  const config = `
server:
  interface: ${address}
  port: 5353
  do-daemonize: no
  username: ""
  chroot: ""
  directory: "${dir.path}"
  pidfile: ""
  use-syslog: no
remote-control:
  control-enable: yes
  control-interface: ${address}
  control-port: ${CONTROL_PORT}
  control-use-cert: no
`;
  return dir.write("unbound.conf", config);
}

function startUnbound(config: string): RealServer {
  return RealServer.start(["unbound", "-d", "-c", config]);
}

/** The output of an `unbound-control` command. */
function control(config: string, port: number, ...command: string[]): Promise<string> {
  return controlWith("", config, port, ...command);
}

/** The output of a command that reads standard input. */
async function controlWith(
  stdin: string,
  config: string,
  port: number,
  ...command: string[]
): Promise<string> {
  const { stdout, stderr } = await run(
    ["unbound-control", "-s", `127.0.0.1@${port}`, "-c", config, ...command],
    { stdin },
  );
  return stdout.toString() + stderr;
}

async function ask(port: number, line: string): Promise<string> {
  const visitor = new Visitor(port);
  await visitor.send(line);
  return (await visitor.visit).bytes.toString();
}

describe("unbound-control through a proxy with --preset unbound", () => {
  testWith(unbound, "reads the counters that another reader would have reset", async () => {
    await using dir = new TempDir();
    const address = ownAddress();
    const config = await configFor(address, dir);
    await using _ = startUnbound(config);
    await using counter = await SocatServer.before(address, CONTROL_PORT);
    await using proxy = await RunningService.start(
      "proxy",
      `${counter.port}`,
      "--preset",
      "unbound",
      "--ttl",
      "inf",
    );
    const first = await control(config, proxy.port, "stats");
    expect(first).toContain("total.num.queries=0");
    for (let i = 0; i < 2; i++) expect(await control(config, proxy.port, "stats")).toBe(first);
    // It has a key of its own, and unbound is asked with one blank and LF; it does not accept CR LF.
    expect(await ask(proxy.port, "UBCT1   stats_noreset \r\n")).toContain("total.num.queries=0");
    expect(await counter.end()).toBe(2);
  });

  testWith(unbound, "has a command with effects executed each time", async () => {
    await using dir = new TempDir();
    const address = ownAddress();
    const config = await configFor(address, dir);
    await using _ = startUnbound(config);
    await using counter = await SocatServer.before(address, CONTROL_PORT);
    await using proxy = await RunningService.start("proxy", `${counter.port}`, "--preset", "unbound");
    expect(await control(config, proxy.port, "local_zone", "a.example", "static")).toContain("ok");
    expect(await control(config, proxy.port, "list_local_zones")).toContain("a.example. static");
    expect(await control(config, proxy.port, "local_zone_remove", "a.example")).toContain("ok");
    expect(await control(config, proxy.port, "list_local_zones")).not.toContain("a.example. static");
    expect(await counter.end()).toBe(4);
  });

  testWith(unbound, "has the bytes after a command passed on with it", async () => {
    await using dir = new TempDir();
    const address = ownAddress();
    const config = await configFor(address, dir);
    await using _ = startUnbound(config);
    await using counter = await SocatServer.before(address, CONTROL_PORT);
    await using proxy = await RunningService.start("proxy", `${counter.port}`, "--preset", "unbound");
    const zones = "a.example static\nb.example static\n";
    expect(await controlWith(zones, config, proxy.port, "local_zones")).toContain("added 2 zones");
    expect(await control(config, proxy.port, "list_local_zones")).toMatch(
      /a\.example\. static\n[^]*b\.example\. static\n/,
    );
  });
});
