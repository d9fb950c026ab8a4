import { lchownSync, linkSync, lstatSync, renameSync, unlinkSync, type Stats } from "node:fs";
import { dirname } from "node:path";
import type { UnixAddress } from "../address.ts";
import { describeSystemError, ListenError } from "../errors.ts";
import { bindUnix, closeDescriptor, groupId, isUnixInUse } from "../libc.ts";

/** What a Unix socket is listened on by, and its file. */
export interface SocketFile {
  /** Absent where libc cannot be called: then Bun has to make the socket. */
  readonly fd: number | undefined;
  /** Removes the file, unless somebody has put another one there. */
  remove(): void;
}

/** Only we, and root. */
const DEFAULT_MODE = 0o600;

/**
 * Makes the socket, with the permissions that the address asks for. A file that nobody listens on any more is taken over.
 *
 * @throws {ListenError}
 */
export function openSocketFile(address: UnixAddress): SocketFile {
  const opened = bind(address);
  if (!opened) return { fd: undefined, remove: () => {} };
  const { fd } = opened;
  if (isAbstract(address)) return { fd, remove: () => {} };
  try {
    giveToGroup(address);
    const made = lstatSync(address.path);
    return { fd, remove: () => removeIfSame(address.path, made) };
  } catch (error) {
    closeDescriptor(fd);
    unlinkSync(address.path);
    throw error;
  }
}

/** Lets `make` make a socket's file with the mode that the address asks for, from the first moment on. */
export function withMode<T>({ mode = DEFAULT_MODE }: UnixAddress, make: () => T): T {
  const before = process.umask(0o777 & ~mode);
  try {
    return make();
  } finally {
    process.umask(before);
  }
}

/** @throws {ListenError} for a group that there is not, or that we may not give it to */
export function giveToGroup(address: UnixAddress): void {
  const { group, path } = address;
  if (group === undefined) return;
  const id = /^\d+$/.test(group) ? Number(group) : groupId(group);
  if (id === undefined) throw new ListenError(address, "ENOENT", `there is no group called ${group}`);
  try {
    lchownSync(path, -1, id);
  } catch (error) {
    throw new ListenError(
      address,
      codeOf(error),
      `it cannot be given to ${group}: ${describeSystemError(error)}`,
    );
  }
}

function bind(address: UnixAddress): { readonly fd: number } | undefined {
  let opened = withMode(address, () => bindUnix(address));
  if (opened && "code" in opened && opened.code === "EADDRINUSE" && !isAbstract(address)) {
    makeRoom(address);
    opened = withMode(address, () => bindUnix(address));
  }
  if (opened && "code" in opened) throw toListenError(address, { code: opened.code });
  return opened;
}

/**
 * Removes a file that nobody listens on.
 *
 * @throws {ListenError} if somebody does, or it is no socket
 */
function makeRoom(address: UnixAddress): void {
  const { path } = address;
  const aside = `${dirname(path)}/.${process.pid}`;
  try {
    if (!lstatSync(path).isSocket())
      throw new ListenError(address, "EEXIST", "a file is there that is no socket");
    const isInUse = isUnixInUse(address);
    if (isInUse === undefined) throw new ListenError(address, "EADDRINUSE", "there is one of somebody else");
    if (isInUse) throw toListenError(address, { code: "EADDRINUSE" });
    renameSync(path, aside);
  } catch (error) {
    if (codeOf(error) === "ENOENT" && !(error instanceof ListenError)) return; // Somebody else was faster.
    throw error instanceof ListenError ? error : toListenError(address, error);
  }
  // Between the two looks another process may have taken the old one over: this is its socket then.
  const isTaken = isUnixInUse({ path: aside }) === true;
  if (isTaken) putBack(aside, path);
  unlinkSync(aside);
  if (isTaken) throw toListenError(address, { code: "EADDRINUSE" });
}

function putBack(aside: string, path: string): void {
  try {
    linkSync(aside, path);
  } catch {
    // A third process has bound that path meanwhile: it is the one that stays.
  }
}

function removeIfSame(path: string, made: Stats): void {
  try {
    const now = lstatSync(path);
    if (now.ino === made.ino && now.dev === made.dev) unlinkSync(path);
  } catch {
    // Somebody else has removed it.
  }
}

function isAbstract({ path }: UnixAddress): boolean {
  return path.startsWith("@");
}

/** Where the usual words are about ports and files. */
const WORDS: Readonly<Record<string, string>> = {
  EADDRINUSE: "somebody listens there already (EADDRINUSE)",
  ENOENT: "no such directory (ENOENT)",
};

export function toListenError(address: UnixAddress, error: unknown): ListenError {
  const code = codeOf(error);
  return new ListenError(address, code, WORDS[code ?? ""] ?? describeSystemError(error));
}

function codeOf(error: unknown): string | undefined {
  return (error as { code?: string }).code;
}
