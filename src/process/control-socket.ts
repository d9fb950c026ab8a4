import { chmodSync, chownSync, lstatSync, renameSync, rmSync } from "node:fs";
import { maybeDeferred, succeed, type Deferred } from "../deferred/mod.ts";
import type { UnixAddress } from "../net/address.ts";
import { connect } from "../net/connect.ts";
import { ConnectError, describeSystemError } from "../net/errors.ts";
import { groupNumber } from "../net/system/groups.ts";
import { UsageError } from "../settings/setting.ts";
import type { Clock } from "../time/clock.ts";
import type { WatchSettings } from "./watchers.ts";

export interface SocketPlace {
  readonly path: string;
  /** Whoever listens there knows that another process takes its place. Default: false. */
  readonly isLeft?: boolean;
  /** The group that may use it as well; absent: only its owner may. */
  readonly group?: string | undefined;
}

/**
 * Where orders are taken: where the settings say, else in the folder that systemd made for the service; absent: nowhere.
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

/** Where the packages' service takes orders. */
const USUAL = ["/run/poetry-proxy/control.sock"];

/** Where a process may take orders, in the order in which they are tried. */
export function controlSockets(): string[] {
  const { POETRY_CONTROL: named = "" } = process.env;
  if (named !== "") return [named];
  const own = inRuntimeFolder();
  return own === undefined ? USUAL : [own, ...USUAL];
}

/** The socket in the folder that systemd made for this service, the first of several; undefined: it made none. */
function inRuntimeFolder(): string | undefined {
  const [folder = ""] = process.env.RUNTIME_DIRECTORY?.split(":") ?? [];
  return folder === "" ? undefined : `${folder}/control.sock`;
}

/** How long, in milliseconds, whoever listens there already has to take a connection. */
const PATIENCE = 1_000;

/** A Unix socket in its place. */
export interface OpenSocket<T> {
  readonly opened: T;
  /** Whether no other one has taken its place. */
  readonly isInPlace: () => boolean;
  /** Removes it, unless another one has taken its place. */
  readonly remove: () => void;
}

/**
 * Opens a Unix socket that only its owner, or a group, may use. It is made under another name and then put in its place, so
 * that nobody ever finds it open to others. The file of a socket where nobody listens any more is replaced.
 *
 * @param open listens at an address, at once
 * @returns fails with an Error if it cannot be had
 */
export function openControlSocket<T>(
  { path, group, isLeft = false }: SocketPlace,
  clock: Clock,
  open: (address: UnixAddress) => T,
): Deferred<OpenSocket<T>> {
  const refuse = (why: string) => new Error(`Cannot control by ${path}: ${why}`);
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

/** Fires if a socket may be put at `path`; fails with why not. */
function isFree(path: string, clock: Clock, refuse: (why: string) => Error): Deferred<void> {
  const kind = lstatSync(path, { throwIfNoEntry: false });
  if (!kind) return succeed<void>(undefined);
  if (!kind.isSocket()) throw refuse("there is a file of that name that is no socket");
  const options = { timeout: PATIENCE, clock, protocolFailed: () => {} };
  return connect({ path }, {}, options).addCallbacks(
    (transport) => {
      transport.close();
      throw refuse("another process listens there");
    },
    (failure) => {
      if (failure.as(ConnectError).reason !== "refused")
        throw refuse("another process seems to listen there");
    },
  );
}
