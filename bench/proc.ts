import { readdirSync, readFileSync } from "node:fs";

/** Length of a clock tick in /proc/PID/stat, in microseconds; USER_HZ is 100 wherever Linux runs. */
const TICK_US = 10_000;

/** User and system time that a process has used so far, all its threads together, in microseconds. */
export function cpuTime(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" "); // The name before it may hold blanks.
  return (Number(fields[11]) + Number(fields[12])) * TICK_US;
}

/** Memory of a process that is in RAM now, in bytes. */
export function residentMemory(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kib) * 1024;
}

/** The most memory of a process that was in RAM at a time, in bytes. */
export function peakMemory(pid: number): number {
  const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kib) * 1024;
}

/** The processes that `pid` has started and that still run. */
export function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
}

/** Pages of kernel memory in all TCP buffers of this machine, in bytes: it does not show in any process. */
export function kernelTcpMemory(): number {
  const [, pages] = /^TCP:.* mem (\d+)$/m.exec(readFileSync("/proc/net/sockstat", "utf8")) ?? [];
  return Number(pages) * 4096;
}

/** Open files and sockets of a process. */
export function descriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Kernel memory in the send queues of the server on `port`, in bytes; `undefined` where there is no `ss`. */
export function queuedToClients(port: number): number | undefined {
  const ss = Bun.which("ss");
  if (!ss) return undefined;
  const { stdout } = Bun.spawnSync([ss, "-tmnH", `sport = :${port}`]);
  // skmem:(r0,rb131072,t0,tb87040,f2048,w85000,...): w is what is queued, its bookkeeping included.
  return stdout
    .toString()
    .matchAll(/skmem:\(.*?,w(\d+),/g)
    .reduce((sum, [, queued]) => sum + Number(queued), 0);
}

/** The value once it has stayed within 1 % for a second; the highest of those, for garbage may be about to go. */
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
