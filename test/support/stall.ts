import { readFileSync } from "node:fs";
import { nextTurn } from "./next-turn.ts";

/** Stops processes, and continues them once `meanwhile` is over and `ms` milliseconds of real time have passed. */
export async function stall(
  pids: readonly number[],
  ms: number,
  meanwhile: () => Promise<void>,
): Promise<void> {
  for (const pid of pids) {
    process.kill(pid, "SIGSTOP");
    while (!isStopped(pid)) await nextTurn();
  }
  try {
    await Promise.all([meanwhile(), Bun.sleep(ms)]);
  } finally {
    for (const pid of pids) process.kill(pid, "SIGCONT");
  }
}

function isStopped(pid: number): boolean {
  return readFileSync(`/proc/${pid}/stat`, "utf8").includes(") T ");
}
