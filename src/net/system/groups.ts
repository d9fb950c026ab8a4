import { existsSync, readFileSync } from "node:fs";
import { groupId } from "../libc.ts";

/** The largest number of a group: the one above means "as it is". */
const LARGEST = 0xff_ff_ff_fe;

/** The number of a group, given by its name or as digits; undefined if there is none. */
export function groupNumber(group: string): number | undefined {
  if (!/^\d+$/.test(group)) return groupId(group) ?? groupInFile(group);
  return Number(group) <= LARGEST ? Number(group) : undefined;
}

/** Without libc: groups from other sources than the file are not found. */
function groupInFile(name: string): number | undefined {
  const lines = existsSync("/etc/group") ? readFileSync("/etc/group", "utf8").split("\n") : [];
  const id = lines.find((line) => line.startsWith(`${name}:`))?.split(":")[2];
  return id === undefined ? undefined : Number(id);
}

/** Whether this process may give its files to a group: to its own ones, or to any with CAP_CHOWN, as root usually has it. */
export function mayGiveTo(group: number): boolean {
  return process.getegid?.() === group || process.getgroups?.().includes(group) === true || mayChown();
}

/** <linux/capability.h>: CAP_CHOWN is the first bit. True where it is unknown. */
function mayChown(): boolean {
  if (!existsSync("/proc/self/status")) return true;
  const capabilities = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  return capabilities === undefined || (BigInt(`0x${capabilities}`) & 1n) === 1n;
}
