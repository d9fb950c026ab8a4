import { existsSync, readFileSync } from "node:fs";

/** Resolves when there is a file: how a program that a test cannot hear says that it has come so far. */
export async function untilThere(path: string): Promise<void> {
  while (!existsSync(path)) await nextTurn();
}

/** Resolves when a process has ended, though its parent may not have heard of it yet. */
export async function untilGone(pid: number): Promise<void> {
  while (isRunning(pid)) await nextTurn();
}

function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
