import { mkdir } from "node:fs/promises";
import type { TempDir } from "../support/temp-dir.ts";
import { findPeer } from "./peer.ts";
import { RealServer } from "./real-server.ts";

export const icinga = findPeer("icinga2", ["icinga2", "--version"], (text) => text.includes("icinga2"));

/** Icinga 2 with one host, and its Livestatus where `listener` says. */
export async function startIcinga(listener: string, dir: TempDir): Promise<RealServer> {
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
  ${listener}
}
`,
  );
  await mkdir(`${dir.path}/icinga2`); // For its pid.
  const places = ["DataDir", "LogDir", "CacheDir", "SpoolDir", "InitRunDir"].map(
    (name) => `${name}=${dir.path}`,
  );
  const user = Bun.spawnSync(["id", "-un"]).stdout.toString().trim();
  const settings = [...places, `RunAsUser=${user}`, `RunAsGroup=${user}`].flatMap((each) => ["-D", each]);
  return RealServer.start(["icinga2", "daemon", "-c", config, ...settings]);
}
