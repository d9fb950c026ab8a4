import { linkSync, lstatSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import type { SocketHandler, UnixSocketListener, UnixSocketOptions } from "bun";
import { systemPath, type UnixAddress } from "../address.ts";
import { describeSystemError, ListenError } from "../errors.ts";
import { bindUnix, closeDescriptor } from "../libc.ts";
import { giveTo, groupOf, modeOf, SocketFile } from "./socket-file.ts";
import { takeOver } from "./stale-file.ts";

/** A listening Unix socket. */
export interface UnixServer<D> {
  readonly server: UnixSocketListener<D>;
  /** Absent for an abstract name. */
  readonly file: SocketFile | undefined;
}

/**
 * Listens on a Unix socket, with the permissions of the address. A stale socket file is replaced; without libc it is an
 * error, because nothing tells whether the file is stale (docs/decisions/0520).
 *
 * @throws {ListenError} if the path is in use, or the file cannot be made or given to its group
 */
export function listenOnUnix<D>(address: UnixAddress, socket: SocketHandler<D>): UnixServer<D> {
  const group = groupOf(address);
  const path = filePath(address);
  const made = bind(address);
  if (!made && path) return listenAside(address, group, socket);
  let server: UnixSocketListener<D> | undefined;
  try {
    if (path) giveTo(group, address); // In time: nobody can connect before it listens.
    server = listenBy(made ?? { unix: systemPath(address) }, socket);
    return { server, file: path === undefined ? undefined : new SocketFile(path) };
  } catch (error) {
    server?.stop();
    if (made && !server) closeDescriptor(made.fd);
    if (made && path) rmSync(path, { force: true });
    throw toListenError(address, error);
  }
}

/**
 * Lets Bun bind to a temporary name and renames the file once it is ready. When Bun stops listening it removes the name
 * that it bound to, even if that belongs to another process by then.
 */
function listenAside<D>(
  address: UnixAddress,
  group: number | undefined,
  socket: SocketHandler<D>,
): UnixServer<D> {
  const { path } = address;
  refuseFile(address);
  const aside = `${dirname(path)}/.${process.pid}`;
  let server: UnixSocketListener<D> | undefined;
  try {
    rmSync(aside, { force: true }); // Left behind by a killed process with the same number.
    server = withMode(address, () => listenBy({ unix: aside }, socket));
    giveTo(group, address, aside);
    linkSync(aside, path);
    return { server, file: new SocketFile(path) };
  } catch (error) {
    server?.stop();
    throw toListenError(address, error);
  } finally {
    rmSync(aside, { force: true });
  }
}

/** @throws {ListenError} if there is already a file */
function refuseFile(address: UnixAddress): void {
  const stat = lstatSync(address.path, { throwIfNoEntry: false });
  if (!stat) return;
  const why = stat.isSocket()
    ? "there is already a socket, and this system cannot tell whether it is in use; if it is not, remove it"
    : "there is a file that is not a socket";
  throw new ListenError(address, "EADDRINUSE", `${why} (EADDRINUSE)`);
}

/** The path of the socket file; undefined for an abstract socket, which has neither file nor permissions. */
function filePath({ path }: UnixAddress): string | undefined {
  return path.startsWith("@") ? undefined : path;
}

function bind(address: UnixAddress): { readonly fd: number } | undefined {
  const attempt = () => withMode(address, () => bindUnix(address));
  let opened = attempt();
  if (codeOf(opened) === "EADDRINUSE" && filePath(address) !== undefined) opened = takeOver(address, attempt);
  if (opened && "code" in opened) throw toListenError(address, opened);
  return opened;
}

function listenBy<D>(how: object, socket: SocketHandler<D>): UnixSocketListener<D> {
  // Bun's types lack `fd`.
  return Bun.listen({ ...how, allowHalfOpen: true, socket } as UnixSocketOptions<D>);
}

/** Calls `make` with a umask that gives the file which it creates the mode of the address from the start. */
function withMode<T>(address: UnixAddress, make: () => T): T {
  const before = process.umask(0o777 & ~modeOf(address));
  try {
    return make();
  } finally {
    process.umask(before);
  }
}

/** Replaces texts that are about ports and files. */
const WORDS: Readonly<Record<string, string>> = {
  EADDRINUSE: "something is already listening there (EADDRINUSE)",
  ENOENT: "no such directory (ENOENT)",
};

function toListenError(address: UnixAddress, error: unknown): ListenError {
  if (error instanceof ListenError) return error;
  const code = codeOf(error);
  return new ListenError(address, code, WORDS[code ?? ""] ?? describeSystemError(error));
}

function codeOf(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { code?: string };
  return code === "EEXIST" ? "EADDRINUSE" : code; // From link(2): another process was faster.
}
