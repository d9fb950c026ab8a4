import { readdirSync, readlinkSync } from "node:fs";

/** The open sockets of a process, by their names in the kernel. */
export function openSockets(pid: number | "self" = "self"): Set<string> {
  const folder = `/proc/${pid}/fd`;
  const files = readdirSync(folder).map((fd) => targetOf(`${folder}/${fd}`));
  return new Set(files.filter((file) => file.startsWith("socket:")));
}

function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return "closed meanwhile";
  }
}
