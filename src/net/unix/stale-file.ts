import { createHash } from "node:crypto";
import { lstatSync, statSync, unlinkSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { UnixAddress } from "../address.ts";
import { describeSystemError, ListenError } from "../errors.ts";
import { bindUnix, closeDescriptor, isUnixInUse, type Opened } from "../libc.ts";

/**
 * Removes the stale file of another socket and binds a new one in its place.
 *
 * @param bind makes the socket
 * @throws {ListenError} if the old socket is or may be in use, if the file is not a socket, or cannot be removed
 */
export function takeOver(address: UnixAddress, bind: () => Opened): Opened {
  const lock = bindUnix({ path: lockOn(address) });
  if (!lock || !("fd" in lock)) throw inTheWay(address, "another process is taking over the socket");
  try {
    removeStale(address);
    return bind();
  } finally {
    closeDescriptor(lock.fd);
  }
}

/**
 * The name of the lock for a path. Only one process at a time may check a file and replace it: a second one could
 * remove what the first has made. An abstract socket is a lock that vanishes with its holder and leaves no file behind.
 */
function lockOn({ path }: UnixAddress): string {
  const { dev, ino } = statSync(dirname(path));
  const place = `${dev}:${ino}/${basename(path)}`;
  return `@poetry-${createHash("sha256").update(place).digest("hex")}`;
}

function removeStale(address: UnixAddress): void {
  const { path } = address;
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat) return; // It was removed meanwhile.
  if (!stat.isSocket()) throw inTheWay(address, "there is a file that is not a socket");
  const isInUse = isUnixInUse(address);
  if (isInUse === undefined)
    throw inTheWay(address, "there is a socket that may be in use: no permission to connect to it");
  if (isInUse) throw inTheWay(address, "something is already listening there");
  try {
    unlinkSync(path);
  } catch (error) {
    const why = `there is an unused socket that cannot be removed: ${describeSystemError(error)}`;
    throw new ListenError(address, (error as { code?: string }).code, why);
  }
}

function inTheWay(address: UnixAddress, why: string): ListenError {
  return new ListenError(address, "EADDRINUSE", `${why} (EADDRINUSE)`);
}
