import { formatAddress, type Address } from "./address.ts";

/**
 * Why no connection came about. `refused` covers "unreachable" too: Bun reports both as ECONNREFUSED. `reset`: the other
 * side took the connection and reset it before we saw it stand.
 */
export type ConnectFailure = "dns" | "refused" | "reset" | "timeout" | "local";

/** No connection could be made. */
export class ConnectError extends Error {
  override readonly name = "ConnectError";

  /**
   * @param address whom we tried to reach
   * @param reason what to branch on
   * @param detail what happened, for people
   */
  constructor(
    readonly address: Address,
    readonly reason: ConnectFailure,
    readonly detail: string,
  ) {
    super(`Cannot connect to ${formatAddress(address)}: ${detail}`);
  }
}

/** A port could not be opened for clients. */
export class ListenError extends Error {
  override readonly name = "ListenError";

  /** @param code the system's name for the reason, such as EADDRINUSE, if it gave one */
  constructor(
    readonly address: Address,
    readonly code: string | undefined,
    detail: string,
  ) {
    super(`Cannot listen on ${formatAddress(address)}: ${detail}`);
  }
}

/** A connection ended otherwise than by an orderly close of both sides. */
export class ConnectionLostError extends Error {
  override readonly name = "ConnectionLostError";

  /** @param aborted whether we ended it ourselves */
  constructor(
    readonly aborted: boolean,
    detail: string,
  ) {
    super(detail);
  }
}

/** What the system said, in words, with its own name for it behind. */
export function describeSystemError(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code !== "string") return typeof message === "string" ? message : String(error);
  const words = SYSTEM_ERRORS[code];
  return words ? `${words} (${code})` : code;
}

const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  DNS_ENOTFOUND: "no such host",
  EACCES: "permission denied",
  EADDRINUSE: "the port is taken",
  EADDRNOTAVAIL: "no such address on this machine",
  ECONNREFUSED: "connection refused or host unreachable",
  ECONNRESET: "connection reset",
  EISDIR: "it is a directory",
  EMFILE: "too many open files",
  ENOENT: "no such file",
  ENOMEM: "not enough memory",
  ENOSPC: "no space left",
  ENOTFOUND: "no such host",
  EPERM: "permission denied",
  EPIPE: "connection reset",
};
