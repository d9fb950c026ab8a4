import { readdirSync, statSync } from "node:fs";
import pkg from "../../package.json" with { type: "json" };
import { descriptorShares } from "../net/descriptors.ts";
import type { Vitals } from "../observe/numbers/watched.ts";
import { timeOfDay } from "../time/time-of-day.ts";

/** What nobody but its caller knows of the process. */
export type Surroundings = Pick<Vitals, "loopLag" | "logLinesDropped" | "phase" | "lastReload">;

const startedAt = timeOfDay().getTime() / 1000 - process.uptime();

/** What there is to know of this process at the moment. */
export function vitals(surroundings: Surroundings): Vitals {
  const { user, system } = process.cpuUsage();
  const { limit } = descriptorShares();
  return {
    ...surroundings,
    version: pkg.version,
    revision: process.env.POETRY_REVISION ?? "unknown", // The build puts it in.
    bun: Bun.version,
    startedAt,
    cpuSeconds: (user + system) / 1e6,
    residentBytes: process.memoryUsage.rss(),
    openFds: openFds(),
    maxFds: limit === Infinity ? undefined : limit,
  };
}

/** Linux tells it as the size of the directory since 6.2; before, they have to be counted. */
function openFds(): number | undefined {
  const directory = "/proc/self/fd";
  try {
    return statSync(directory).size || readdirSync(directory).length - 1; // Reading it takes one.
  } catch {
    return undefined;
  }
}
