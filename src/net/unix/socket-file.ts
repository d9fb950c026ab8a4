import { chmodSync, lchownSync, lstatSync, unlinkSync } from "node:fs";
import type { UnixAddress } from "../address.ts";
import { describeSystemError, ListenError } from "../errors.ts";
import { systemClock } from "../../time/clock.ts";
import { groupNumber, mayGiveTo } from "../system/groups.ts";

/** Modes of a file for our own user alone, and for a group as well. */
const OURS = 0o600;
const SHARED = 0o660;

/** Milliseconds; far longer than a process takes to move a file aside, look at it and put it back. */
const PATIENCE_MS = 1000;

/** Identifies a file, to detect whether another one has taken its place. */
export interface FileIdentity {
  readonly dev: number;
  readonly ino: number;
}

/** The file of a Unix socket that we listen on. */
export class SocketFile {
  readonly #path: string;
  readonly identity: FileIdentity;
  /** Whether it is up to us to remove it. */
  isOurs: boolean;

  /** @param inherited identifies a file made by another process; absent: the current file, which is ours */
  constructor(path: string, inherited?: FileIdentity) {
    const { dev, ino } = inherited ?? lookPatiently(path);
    this.#path = path;
    this.identity = { dev, ino };
    this.isOurs = inherited === undefined;
  }

  /**
   * Sets the permissions of the address, unless another file has taken its place.
   *
   * @throws {ListenError} if it cannot be given to the group
   */
  permit(address: UnixAddress): void {
    if (!this.#isThere()) return;
    chmodSync(this.#path, modeOf(address));
    giveTo(groupOf(address) ?? process.getgid?.(), address);
  }

  /**
   * Checks whether `permit` can do that.
   *
   * @throws {ListenError}
   */
  check(address: UnixAddress): void {
    const group = groupOf(address);
    if (group !== undefined && !mayGiveTo(group)) throw notGiven(address, { code: "EPERM" });
  }

  /** Removes it if it is ours, unless another file has taken its place. */
  remove(): void {
    if (this.isOurs && this.#isThere()) unlinkSync(this.#path);
  }

  #isThere(): boolean {
    const now = lstatSync(this.#path, { throwIfNoEntry: false });
    return now?.ino === this.identity.ino && now.dev === this.identity.dev;
  }
}

/** Retries, because another process that wants the path may have moved the file aside for a moment. */
function lookPatiently(path: string): FileIdentity {
  const deadline = systemClock.now() + PATIENCE_MS;
  do {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats) return stats;
  } while (systemClock.now() < deadline);
  return lstatSync(path);
}

/** The mode of the file for an address, by default 0600, or 0660 with a group. */
export function modeOf({ mode, group }: UnixAddress): number {
  return mode ?? (group === undefined ? OURS : SHARED);
}

/**
 * The id of the group in an address; undefined: our own group.
 *
 * @throws {ListenError} if there is no such group
 */
export function groupOf(address: UnixAddress): number | undefined {
  const { group } = address;
  if (group === undefined) return undefined;
  const id = groupNumber(group);
  if (id === undefined) throw new ListenError(address, "ENOENT", `there is no group called ${group}`);
  return id;
}

/**
 * Gives the file to a group, if there is one.
 *
 * @param path where the file is now
 * @throws {ListenError} if that is not permitted
 */
export function giveTo(group: number | undefined, address: UnixAddress, path = address.path): void {
  try {
    if (group !== undefined) lchownSync(path, -1, group);
  } catch (error) {
    throw notGiven(address, error as { code?: string });
  }
}

function notGiven(address: UnixAddress, error: { readonly code?: string }): ListenError {
  const why = `it cannot be given to the group ${address.group}: ${describeSystemError(error)}`;
  return new ListenError(address, error.code, why);
}
