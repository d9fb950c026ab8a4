import { readdirSync, readFileSync } from "node:fs";

/** Length of a clock tick in /proc/PID/stat, in microseconds; USER_HZ is 100 wherever Linux runs. */
const TICK_US = 10_000;

/** User and system time of a process so far, over all its threads, in microseconds. */
export function cpuTime(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" "); // The name before that may contain blanks.
  return (Number(fields[11]) + Number(fields[12])) * TICK_US;
}

/** Resident memory of a process, in bytes. */
export function residentMemory(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kib) * 1024;
}

/** Peak resident memory of a process, in bytes. */
export function peakMemory(pid: number): number {
  const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kib) * 1024;
}

/** The running child processes of `pid`. */
export function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
}

/** Kernel memory in all TCP buffers of this machine, in bytes; it does not count for any process. */
export function kernelTcpMemory(): number {
  const [, pages] = /^TCP:.* mem (\d+)$/m.exec(readFileSync("/proc/net/sockstat", "utf8")) ?? [];
  return Number(pages) * 4096;
}

/** Number of open descriptors of a process. */
export function descriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Kernel memory in the send queues of the server on `port`, in bytes; `undefined` if there is no `ss`. */
export function queuedToClients(port: number): number | undefined {
  const ss = Bun.which("ss");
  if (!ss) return undefined;
  const { stdout } = Bun.spawnSync([ss, "-tmnH", `sport = :${port}`]);
  // skmem:(r0,rb131072,t0,tb87040,f2048,w85000,...): w is what is queued, with its bookkeeping.
  return stdout
    .toString()
    .matchAll(/skmem:\(.*?,w(\d+),/g)
    .reduce((sum, [, queued]) => sum + Number(queued), 0);
}

/** The value once it has stayed within 1 % for a second; the highest one, because garbage may be about to go. */
export async function settled(read: () => number): Promise<number> {
  for (;;) {
    const seen: number[] = [];
    for (let i = 0; i < 5; i++) {
      seen.push(read());
      await Bun.sleep(250);
    }
    const highest = Math.max(...seen);
    if (highest - Math.min(...seen) < highest / 100) return highest;
  }
}
