import { chmodSync, chownSync, lstatSync, renameSync, rmSync } from "node:fs";
import { maybeDeferred, succeed, type Deferred } from "../deferred/mod.ts";
import type { UnixAddress } from "../net/address.ts";
import { connect } from "../net/connect.ts";
import { ConnectError, describeSystemError } from "../net/errors.ts";
import { groupNumber } from "../net/system/groups.ts";
import { UsageError } from "../settings/setting.ts";
import type { Clock } from "../time/clock.ts";
import type { WatchSettings } from "./watchers.ts";

/** Where a control socket is to be, and who may use it. */
export interface SocketPlace {
  readonly path: string;
  /** Whether the process that listens there is being replaced by this one, and knows it. Default: false. */
  readonly isLeft?: boolean;
  /** The group that may use it as well; absent: only its owner may. */
  readonly group?: string | undefined;
}

/**
 * Where to open the control socket: as set, otherwise in systemd's RuntimeDirectory; undefined: nowhere.
 *
 * @throws {UsageError} for a group without a socket
 */
export function controlPlace(
  settings: Pick<WatchSettings, "control" | "control-group">,
): SocketPlace | undefined {
  const { control, "control-group": group } = settings;
  const path = control ?? inRuntimeFolder();
  if (path !== undefined) return { path, group };
  if (group === undefined) return undefined;
  throw new UsageError(
    "A group for the control socket has no effect without a socket: --control PATH, or RuntimeDirectory= of systemd",
  );
}

/** The control socket of the service that the packages install. */
const USUAL = ["/run/poetry-proxy/control.sock"];

type Environment = Readonly<Record<string, string | undefined>>;

/** Where `poetry ctl` looks for a control socket, in this order; each place once. */
export function controlSockets(environment: Environment = process.env): string[] {
  const { POETRY_CONTROL: named = "" } = environment;
  if (named !== "") return [named];
  const own = inRuntimeFolder(environment);
  return own === undefined ? USUAL : [...new Set([own, ...USUAL])];
}

/** The path in the first folder of RuntimeDirectory=; undefined if systemd made none. */
function inRuntimeFolder({ RUNTIME_DIRECTORY }: Environment = process.env): string | undefined {
  const [folder = ""] = RUNTIME_DIRECTORY?.split(":") ?? [];
  return folder === "" ? undefined : `${folder}/control.sock`;
}

/** Time limit for a process that already listens there to accept a connection, in milliseconds. */
const PROBE_MS = 1_000;

/** An open control socket. */
export interface OpenSocket<T> {
  readonly opened: T;
  /** Whether the file at its path is still this socket. */
  readonly isInPlace: () => boolean;
  /** Removes the file, unless another process has replaced it. */
  readonly remove: () => void;
}

/**
 * Opens a Unix socket that only its owner, or a group, may use. It is created under another name and renamed once its
 * permissions are right, so that it is never accessible to others. A stale file, where nobody listens, is replaced.
 *
 * @param open listens at an address, synchronously
 * @returns fails with an Error if the socket cannot be opened
 */
export function openControlSocket<T>(
  { path, group, isLeft = false }: SocketPlace,
  clock: Clock,
  open: (address: UnixAddress) => T,
): Deferred<OpenSocket<T>> {
  const refuse = (why: string) => new Error(`Cannot open the control socket ${path}: ${why}`);
  return maybeDeferred(() => (isLeft ? undefined : isFree(path, clock, refuse))).addCallback(() => {
    const gid = group === undefined ? undefined : groupNumber(group);
    if (group !== undefined && gid === undefined) throw refuse(`there is no group called ${group}`);
    const making = `${path}.${process.pid}`;
    const before = process.umask(0o177);
    try {
      rmSync(making, { force: true });
      const opened = open({ path: making });
      if (gid !== undefined) {
        chownSync(making, process.getuid?.() ?? -1, gid);
        chmodSync(making, 0o660);
      }
      renameSync(making, path);
      const { ino } = lstatSync(path);
      const isInPlace = () => lstatSync(path, { throwIfNoEntry: false })?.ino === ino;
      const remove = () => {
        if (isInPlace()) rmSync(path, { force: true });
      };
      return { opened, isInPlace, remove };
    } catch (error) {
      throw refuse(describeSystemError(error));
    } finally {
      process.umask(before);
    }
  });
}

/** Fires if `path` is free, or a socket where nobody listens; otherwise fails with the reason. */
function isFree(path: string, clock: Clock, refuse: (why: string) => Error): Deferred<void> {
  const kind = lstatSync(path, { throwIfNoEntry: false });
  if (!kind) return succeed<void>(undefined);
  if (!kind.isSocket()) throw refuse("a file that is not a socket is in its place");
  const options = { timeout: PROBE_MS, clock, protocolFailed: () => {} };
  return connect({ path }, {}, options).addCallbacks(
    (transport) => {
      transport.close();
      throw refuse("another process is listening there");
    },
    (failure) => {
      if (failure.as(ConnectError).reason !== "refused")
        throw refuse("another process seems to be listening there");
    },
  );
}
