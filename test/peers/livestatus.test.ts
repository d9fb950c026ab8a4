import { mkdir } from "node:fs/promises";
import { describe, expect } from "bun:test";
import { RunningService } from "../support/program.ts";
import { TempDir } from "../support/temp-dir.ts";
import { Visitor, type Visit } from "../support/visitor.ts";
import { ownAddress } from "./own-address.ts";
import { findPeer, testWith } from "./peer.ts";
import { RealServer } from "./real-server.ts";

const PORT = 6558;
const icinga = findPeer("icinga2", ["icinga2", "--version"], (text) => text.includes("icinga2"));

/** Icinga 2 with its Livestatus and one host. */
async function startIcinga(address: string, dir: TempDir): Promise<RealServer> {
  const config = await dir.write(
    "icinga2.conf",
    `
object CheckCommand "nothing" {
  command = [ "/bin/true" ]
}
object Host "donne" {
  check_command = "nothing"
  enable_active_checks = false
}
object LivestatusListener "livestatus" {
  socket_type = "tcp"
  bind_host = "${address}"
  bind_port = "${PORT}"
}
`,
  );
  await mkdir(`${dir.path}/icinga2`); // For its pid.
  const places = ["DataDir", "LogDir", "CacheDir", "SpoolDir", "InitRunDir"].map(
    (name) => `${name}=${dir.path}`,
  );
  const user = Bun.spawnSync(["id", "-un"]).stdout.toString().trim();
  const settings = [...places, `RunAsUser=${user}`, `RunAsGroup=${user}`].flatMap((each) => ["-D", each]);
  return RealServer.start(["icinga2", "daemon", "-c", config, ...settings], (line) =>
    line.includes("Created TCP socket listening"),
  );
}

async function ask(port: number, request: string): Promise<Visit> {
  const visitor = new Visitor(port);
  await visitor.send(request);
  return visitor.visit;
}

describe("Livestatus through a proxy with --preset livestatus", () => {
  testWith(icinga, "is asked once, however lines end, and an answer of nothing is one", async () => {
    await using dir = new TempDir();
    const address = ownAddress();
    await using _ = await startIcinga(address, dir);
    const args = [`${address}:${PORT}`, "--preset", "livestatus", "--ttl", "inf"];
    await using proxy = await RunningService.start("proxy", ...args);

    const names = ["GET hosts\nColumns: name\n\n", "GET hosts\r\nColumns: name\r\n\r\n"];
    for (const request of names) {
      expect(await ask(proxy.port, request)).toEqual({ bytes: Buffer.from("donne\n"), end: "fin" });
    }
    await proxy.untilCount("Fetched ", 1);

    const noMatch = "GET hosts\nColumns: name\nFilter: name = marvell\n\n";
    for (let i = 0; i < 3; i++) {
      expect(await ask(proxy.port, noMatch)).toEqual({ bytes: Buffer.alloc(0), end: "fin" });
    }
    await proxy.untilCount("Fetched ", 2);

    const wrong = "GET poets\nResponseHeader: fixed16\n\n";
    for (let i = 0; i < 2; i++) expect((await ask(proxy.port, wrong)).bytes.toString()).toStartWith("404 ");
    await proxy.untilCount("Fetched ", 4);
  });
});
