import { constants } from "node:os";
import { formatAddress, type Address } from "./address.ts";

/**
 * Why there is no connection. `refused`: the peer or the network refused it, or the host is unreachable. `reset`: the
 * peer accepted it and reset it before we noticed. `tls`: the handshake or verification failed. `local`: this machine
 * could not try. `exhausted`: this process had no file descriptor left.
 */
export type ConnectFailure = "dns" | "refused" | "reset" | "timeout" | "tls" | "local" | "exhausted";

/** No connection could be made. */
export class ConnectError extends Error {
  override readonly name = "ConnectError";

  /**
   * @param address the address to be reached
   * @param reason for code to branch on
   * @param detail what happened, for messages
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

/** A connection ended without a clean close of both sides. */
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

/** The peer ended the connection without close_notify (RFC 8446, 6.1): the answer may have been truncated. */
export class NotClosedError extends ConnectionLostError {
  constructor() {
    super(false, "it ended without close_notify");
  }
}

/** The system's name for an error number, such as ECONNREFUSED for 111 on Linux. */
export function errorCode(errno: number): string {
  const named = Object.entries(constants.errno).find(([, number]) => number === errno);
  return named?.[0] ?? `error ${errno}`;
}

/** Describes an error of the system, followed by its name. */
export function describeSystemError(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code !== "string") return typeof message === "string" ? message : String(error);
  const words = SYSTEM_ERRORS[code] ?? SYSTEM_ERRORS[code.replace(/^DNS_/, "")];
  return words ? `${words} (${code})` : code;
}

/** Texts in our own words; errors not listed are shown by name alone. */
const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  E2BIG: "too many arguments",
  EACCES: "permission denied",
  EADDRINUSE: "the port is taken",
  EADDRNOTAVAIL: "no such address on this machine",
  EAFNOSUPPORT: "address family not supported",
  EAGAIN: "temporarily unavailable",
  EALREADY: "already in progress",
  EBADF: "bad file descriptor",
  EBADMSG: "bad message",
  EBUSY: "in use",
  ECANCELED: "cancelled",
  ECHILD: "no child process",
  ECONNABORTED: "connection aborted",
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset",
  EDEADLK: "it would deadlock",
  EDESTADDRREQ: "destination address required",
  EDOM: "argument out of range",
  EDQUOT: "disk quota exceeded",
  EEXIST: "it already exists",
  EFAULT: "bad memory address",
  EFBIG: "file too large",
  EHOSTDOWN: "host is down",
  EHOSTUNREACH: "host unreachable",
  EIDRM: "identifier removed",
  EILSEQ: "invalid byte sequence",
  EINPROGRESS: "in progress",
  EINTR: "interrupted",
  EINVAL: "invalid argument",
  EIO: "input or output error",
  EISCONN: "already connected",
  EISDIR: "it is a directory",
  ELOOP: "too many symbolic links",
  EMFILE: "too many open files",
  EMLINK: "too many links",
  EMSGSIZE: "message too long",
  EMULTIHOP: "multihop attempted",
  ENAMETOOLONG: "name too long",
  ENETDOWN: "network is down",
  ENETRESET: "connection reset by the network",
  ENETUNREACH: "network unreachable",
  ENFILE: "too many open files on this machine",
  ENOBUFS: "no buffer space left",
  ENODATA: "no data",
  ENODEV: "no such device",
  ENOENT: "no such file",
  ENOEXEC: "not an executable file",
  ENOLCK: "no locks left",
  ENOLINK: "link has been severed",
  ENOMEM: "not enough memory",
  ENOMSG: "no such message",
  ENOPROTOOPT: "protocol not available",
  ENOSPC: "no space left",
  ENOSR: "out of streams resources",
  ENOSTR: "not a stream",
  ENOSYS: "not supported by this system",
  ENOTCONN: "not connected",
  ENOTDIR: "not a directory",
  ENOTEMPTY: "directory not empty",
  ENOTSOCK: "not a socket",
  ENOTSUP: "not supported",
  ENOTTY: "not a terminal",
  ENXIO: "no such device or address",
  EOPNOTSUPP: "not supported",
  EOVERFLOW: "value too large",
  EPERM: "permission denied",
  EPIPE: "connection reset",
  EPROTO: "protocol error",
  EPROTONOSUPPORT: "protocol not supported",
  EPROTOTYPE: "wrong protocol for this socket",
  ERANGE: "result out of range",
  EROFS: "read-only file system",
  ESPIPE: "not seekable",
  ESRCH: "no such process",
  ESTALE: "stale file handle",
  ETIME: "timer expired",
  ETIMEDOUT: "timed out",
  ETXTBSY: "executable in use",
  EWOULDBLOCK: "temporarily unavailable",
  EXDEV: "on another file system",
  // Errors of the resolver, which Bun prefixes with DNS_.
  EAI_AGAIN: "the name server is temporarily unavailable",
  EAI_FAIL: "the name server failed",
  EAI_MEMORY: "not enough memory",
  EAI_NODATA: "the host has no address",
  ENOTFOUND: "no such host",
  ESERVFAIL: "the name server failed",
};
