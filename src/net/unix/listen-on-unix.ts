import { lchownSync, lstatSync, unlinkSync } from "node:fs";
import type { SocketHandler, UnixSocketListener, UnixSocketOptions } from "bun";
import { systemPath, type UnixAddress } from "../address.ts";
import { describeSystemError, ListenError } from "../errors.ts";
import { bindUnix, closeDescriptor, groupId } from "../libc.ts";
import { makeRoom } from "./stale-file.ts";

/** A Unix socket that is listened on. */
export interface UnixServer<D> {
  readonly server: UnixSocketListener<D>;
  /** Removes its file, unless somebody has put another one there. */
  readonly removeFile: () => void;
}

/** Only we, and root. */
const DEFAULT_MODE = 0o600;

/**
 * Listens on a Unix socket, with the permissions that the address asks for. A file that nobody listens on any more is taken
 * over; where libc cannot be called it is in the way, because nobody can tell.
 *
 * @throws {ListenError}
 */
export function listenOnUnix<D>(address: UnixAddress, socket: SocketHandler<D>): UnixServer<D> {
  const group = groupOf(address);
  const made = bind(address);
  const file = fileOf(address);
  let server: UnixSocketListener<D> | undefined;
  try {
    if (made && file) giveTo(group, address); // Nobody can connect before it listens.
    server = withMode(address, () => listenBy(made ?? { unix: systemPath(address) }, socket));
    if (!made && file) giveTo(group, address);
    return { server, removeFile: made && file ? remover(file) : () => {} }; // What Bun has made Bun removes.
  } catch (error) {
    server?.stop();
    if (made) closeDescriptor(made.fd);
    if (made && file) unlinkSync(file);
    throw toListenError(address, error);
  }
}

/** What has no file has no permissions: every process of the machine can connect to it. */
function fileOf({ path }: UnixAddress): string | undefined {
  return path.startsWith("@") ? undefined : path;
}

function bind(address: UnixAddress): { readonly fd: number } | undefined {
  const attempt = () => withMode(address, () => bindUnix(address));
  let opened = attempt();
  if (codeOf(opened) === "EADDRINUSE" && fileOf(address) !== undefined) {
    makeRoom(address);
    opened = attempt();
  }
  if (opened && "code" in opened) throw toListenError(address, opened);
  return opened;
}

function listenBy<D>(how: object, socket: SocketHandler<D>): UnixSocketListener<D> {
  // Bun knows `fd`, its types do not.
  return Bun.listen({ ...how, allowHalfOpen: true, socket } as UnixSocketOptions<D>);
}

/** Calls `make`, and what file it makes has the mode that the address asks for, from the first moment on. */
function withMode<T>({ mode = DEFAULT_MODE }: UnixAddress, make: () => T): T {
  const before = process.umask(0o777 & ~mode);
  try {
    return make();
  } finally {
    process.umask(before);
  }
}

/** The number of the group that is to have the file. */
function groupOf(address: UnixAddress): number | undefined {
  const { group } = address;
  if (group === undefined || /^\d+$/.test(group)) return group === undefined ? undefined : Number(group);
  const id = groupId(group);
  if (id === undefined) throw new ListenError(address, "ENOENT", `there is no group called ${group}`);
  return id;
}

function giveTo(group: number | undefined, address: UnixAddress): void {
  try {
    if (group !== undefined) lchownSync(address.path, -1, group);
  } catch (error) {
    const why = `it cannot be given to the group ${address.group}: ${describeSystemError(error)}`;
    throw new ListenError(address, codeOf(error), why);
  }
}

function remover(path: string): () => void {
  const made = lstatSync(path);
  return () => {
    try {
      const now = lstatSync(path);
      if (now.ino === made.ino && now.dev === made.dev) unlinkSync(path);
    } catch {
      // Somebody else has removed it.
    }
  };
}

/** Where the usual words are about ports and files. */
const WORDS: Readonly<Record<string, string>> = {
  EADDRINUSE: "somebody listens there already (EADDRINUSE)",
  ENOENT: "no such directory (ENOENT)",
};

export function toListenError(address: UnixAddress, error: unknown): ListenError {
  if (error instanceof ListenError) return error;
  const code = codeOf(error);
  return new ListenError(address, code, WORDS[code ?? ""] ?? describeSystemError(error));
}

function codeOf(error: unknown): string | undefined {
  return (error as { code?: string } | undefined)?.code;
}
