import { readFileSync, statSync } from "node:fs";

/** The holder of a lock on `path`, as Linux lists it: "poetry (process 123)". */
export function lockHolder(path: string): string {
  try {
    const { ino } = statSync(path);
    const line = readFileSync("/proc/locks", "latin1")
      .split("\n")
      .find((each) => each.includes(`:${ino} `) && !each.includes("->"));
    const pid = /\b(?:READ|WRITE)\s+(\d+)/.exec(line ?? "")?.[1];
    if (pid === undefined) return "another process";
    const name = readFileSync(`/proc/${pid}/comm`, "utf8").trim();
    return `${name} (process ${pid})`;
  } catch {
    return "another process"; // Not on Linux, or a process of another namespace.
  }
}
