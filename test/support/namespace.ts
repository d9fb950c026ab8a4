import { existsSync } from "node:fs";

/** Whether `unshare` works here: it needs root, or unprivileged namespaces. */
function may(flags: string): boolean {
  return existsSync("/etc/hosts") && Bun.which("unshare") !== null && runs(["unshare", flags, "true"]);
}

function runs(command: string[]): boolean {
  return Bun.spawnSync(command, { stdout: "ignore", stderr: "ignore" }).exitCode === 0;
}

/** Whether a test can have its own network. */
export const hasNetworks = may("-rn") && Bun.which("ip") !== null;

/** Whether a test can have its own mounts. */
export const hasMounts = may("-rm");

/** A command in its own network, prepared by the shell command `setUp`. */
export function inNetwork(setUp: string, command: readonly string[]): string[] {
  return ["unshare", "-rn", "sh", "-c", `set -e; ${setUp}; exec "$@"`, "sh", ...command];
}

/** A command that sees `file` as /etc/hosts. */
export function withHosts(file: string, command: readonly string[]): string[] {
  return ["unshare", "-rm", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', file, ...command];
}
