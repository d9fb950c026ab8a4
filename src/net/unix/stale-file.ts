import { linkSync, lstatSync, renameSync, unlinkSync } from "node:fs";
import { dirname } from "node:path";
import type { UnixAddress } from "../address.ts";
import { describeSystemError, ListenError } from "../errors.ts";
import { isUnixInUse } from "../libc.ts";

/**
 * Removes the file of a Unix socket that nobody has open any more, so that another can be bound there.
 *
 * @throws {ListenError} if somebody has, if that cannot be told, or if it is no socket
 */
export function makeRoom(address: UnixAddress): void {
  const { path } = address;
  const refuse = (why: string) => new ListenError(address, "EADDRINUSE", `${why} (EADDRINUSE)`);
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat) return; // It has gone meanwhile.
  if (!stat.isSocket()) throw refuse("a file is there that is no socket");
  const isInUse = isUnixInUse(address);
  if (isInUse === undefined) throw refuse("a socket is there that we may not connect to");
  if (isInUse || !removeUnused(address)) throw refuse("somebody listens there already");
}

/**
 * Looks again once it is out of the way: between the two looks another process may have taken the old one over.
 *
 * @returns whether it was still unused; else it is back in its place
 */
function removeUnused(address: UnixAddress): boolean {
  const { path } = address;
  const aside = `${dirname(path)}/.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "ENOENT") return true; // Another process was faster.
    const why = `an unused socket is there that cannot be removed: ${describeSystemError(error)}`;
    throw new ListenError(address, code, why);
  }
  const isUnused = isUnixInUse({ path: aside }) !== true;
  if (!isUnused) putBack(aside, path);
  unlinkSync(aside);
  return isUnused;
}

function putBack(aside: string, path: string): void {
  try {
    linkSync(aside, path);
  } catch {
    // A third process has bound that path meanwhile: it stays.
  }
}
