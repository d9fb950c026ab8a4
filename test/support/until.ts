import { existsSync, readFileSync } from "node:fs";
import { isUnix, type Address, type TcpAddress } from "../../src/net/address.ts";

/** Resolves when there is a file: how a program that a test cannot hear says that it has come so far. */
export async function untilThere(path: string): Promise<void> {
  while (!existsSync(path)) await nextTurn();
}

/** Resolves when a process has ended, though its parent may not have heard of it yet. */
export async function untilGone(pid: number): Promise<void> {
  while (isRunning(pid)) await nextTurn();
}

/** Whether there is a process of that number that has not ended. */
export function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

/** Resolves when somebody listens at a path, or at a literal IPv4 address and port; nobody is connected to. */
export async function untilListening(at: Address): Promise<void> {
  while (!(isUnix(at) ? hasUnix(at.path) : hasTcp(at))) await nextTurn();
}

function hasUnix(path: string): boolean {
  const lines = readFileSync("/proc/net/unix", "utf8").split("\n");
  return lines.some((line) => line.includes(" 00010000 ") && line.endsWith(` ${path}`));
}

/** The kernel tells addresses as the machine stores them: 127.0.0.1 as 0100007F. */
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
