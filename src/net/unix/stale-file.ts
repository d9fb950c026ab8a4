import { createHash } from "node:crypto";
import { lstatSync, statSync, unlinkSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { UnixAddress } from "../address.ts";
import { describeSystemError, ListenError } from "../errors.ts";
import { bindUnix, closeDescriptor, isUnixInUse, type Opened } from "../libc.ts";

/**
 * Binds a socket where the file of another one is, once it has removed that: nobody may have the old one open any more.
 *
 * @param bind makes the socket
 * @throws {ListenError} if a process has, if that is unknown, if it is not a socket, or if it cannot be removed
 */
export function takeOver(address: UnixAddress, bind: () => Opened): Opened {
  const lock = bindUnix({ path: lockOn(address) });
  if (!lock || !("fd" in lock)) throw inTheWay(address, "another process is taking over what is there");
  try {
    removeStale(address);
    return bind();
  } finally {
    closeDescriptor(lock.fd);
  }
}

/**
 * Only one process at a time may look whether a file is stale and put its own there: a second one could remove what the
 * first has made. A name that is in no file system is a lock which goes with its holder, and leaves no file behind.
 */
function lockOn({ path }: UnixAddress): string {
  const { dev, ino } = statSync(dirname(path));
  const place = `${dev}:${ino}/${basename(path)}`;
  return `@poetry-${createHash("sha256").update(place).digest("hex")}`;
}

function removeStale(address: UnixAddress): void {
  const { path } = address;
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat) return; // It has gone meanwhile.
  if (!stat.isSocket()) throw inTheWay(address, "a file is there that is no socket");
  const isInUse = isUnixInUse(address);
  if (isInUse === undefined) throw inTheWay(address, "a socket is there that we may not connect to");
  if (isInUse) throw inTheWay(address, "somebody listens there already");
  try {
    unlinkSync(path);
  } catch (error) {
    const why = `an unused socket is there that cannot be removed: ${describeSystemError(error)}`;
    throw new ListenError(address, (error as { code?: string }).code, why);
  }
}

function inTheWay(address: UnixAddress, why: string): ListenError {
  return new ListenError(address, "EADDRINUSE", `${why} (EADDRINUSE)`);
}
