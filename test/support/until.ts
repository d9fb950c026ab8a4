import { existsSync, readFileSync } from "node:fs";
import { isUnix, type Address, type TcpAddress } from "../../src/net/address.ts";

/** Resolves when a file exists, by which a program without output reports progress. */
export async function untilThere(path: string): Promise<void> {
  while (!existsSync(path)) await nextTurn();
}

/** Resolves when a process has ended, even if its parent has not reaped it yet. */
export async function untilGone(pid: number): Promise<void> {
  while (isRunning(pid)) await nextTurn();
}

/** Whether a process with that id is running. */
export function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

/** Resolves when something listens at a path, or at a literal IPv4 address and port; does not connect. */
export async function untilListening(at: Address): Promise<void> {
  while (!(isUnix(at) ? hasUnix(at.path) : hasTcp(at))) await nextTurn();
}

function hasUnix(path: string): boolean {
  const lines = readFileSync("/proc/net/unix", "utf8").split("\n");
  return lines.some((line) => line.includes(" 00010000 ") && line.endsWith(` ${path}`));
}

/** The kernel prints addresses in the byte order of the machine: 127.0.0.1 as 0100007F. */
function hasTcp({ host, port }: TcpAddress): boolean {
  const bytes = host.split(".").toReversed().map(Number);
  const entry = ` ${bytes.map((byte) => hex(byte, 2)).join("")}:${hex(port, 4)} 00000000:0000 0A `;
  return readFileSync("/proc/net/tcp", "utf8").includes(entry);
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, "0");
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
