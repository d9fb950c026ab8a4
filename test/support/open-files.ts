import { readdirSync } from "node:fs";

/** How many file descriptors a process has open: sockets, for the most part. */
export function openFiles(pid: number | "self" = "self"): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}
