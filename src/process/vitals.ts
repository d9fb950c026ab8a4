import { readdirSync, statSync } from "node:fs";
import pkg from "../../package.json" with { type: "json" };
import { descriptorShares } from "../net/system/descriptors.ts";
import type { Vitals } from "../observe/numbers/watched.ts";
import { timeOfDay } from "../time/time-of-day.ts";

/** Facts about the process that only the caller knows. */
export type Surroundings = Pick<Vitals, "loopLag" | "logLinesDropped" | "phase" | "lastReload">;

/** Seconds since 1970, as Prometheus has them. */
const startedAt = timeOfDay().getTime() / 1000 - process.uptime();

/** The vital signs of this process: versions, CPU time in seconds, memory in bytes, file descriptors. */
export function vitals(surroundings: Surroundings): Vitals {
  const { user, system } = process.cpuUsage();
  const { limit } = descriptorShares();
  return {
    ...surroundings,
    version: pkg.version,
    revision: process.env.POETRY_REVISION ?? "unknown", // Inserted by the build.
    bun: Bun.version,
    startedAt,
    cpuSeconds: (user + system) / 1e6,
    residentBytes: process.memoryUsage.rss(),
    openFds: openFds(),
    maxFds: limit === Infinity ? undefined : limit,
  };
}

/** Since Linux 6.2 the size of the directory is the number of entries; before that, they have to be counted. */
function openFds(): number | undefined {
  const directory = "/proc/self/fd";
  try {
    return statSync(directory).size || readdirSync(directory).length - 1; // Reading the directory takes one.
  } catch {
    return undefined;
  }
}
