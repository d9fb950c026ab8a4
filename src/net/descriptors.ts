import { readFileSync } from "node:fs";

/** Kept for fetches, files, the log and Bun itself. */
const RESERVED = 128;

/**
 * How many clients there are descriptors for: at the limit itself Bun would spin (bun.md, section 1). Infinity where the
 * system does not tell. Bun raises the soft limit to the hard one at its start.
 */
export function roomForClients(): number {
  try {
    const limit = /^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
    return limit === undefined ? Infinity : Math.max(1, Number(limit) - RESERVED);
  } catch {
    return Infinity; // No Linux.
  }
}
