import { existsSync } from "node:fs";

/** Whether `unshare` may do that here: it needs root, or a system that lets users have namespaces. */
function may(flags: string): boolean {
  return existsSync("/etc/hosts") && Bun.which("unshare") !== null && runs(["unshare", flags, "true"]);
}

function runs(command: string[]): boolean {
  return Bun.spawnSync(command, { stdout: "ignore", stderr: "ignore" }).exitCode === 0;
}

/** Whether a test may have a network of its own. */
export const hasNetworks = may("-rn") && Bun.which("ip") !== null;

/** Whether a test may have a file system of its own. */
export const hasMounts = may("-rm");

/** A command in a network of its own, in which `setUp` has been run by the shell. */
export function inNetwork(setUp: string, command: readonly string[]): string[] {
  return ["unshare", "-rn", "sh", "-c", `set -e; ${setUp}; exec "$@"`, "sh", ...command];
}

/** A command that finds `file` where others find /etc/hosts. */
export function withHosts(file: string, command: readonly string[]): string[] {
  return ["unshare", "-rm", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', file, ...command];
}
