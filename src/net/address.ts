import { isIP, isIPv6 } from "node:net";

/** A TCP port of a host: its name or literal IP address (IPv6 without brackets). */
export interface TcpAddress {
  readonly host: string;
  readonly port: number;
  /** For listening: [::] excludes IPv4, which it includes by default. */
  readonly isOnlyIpv6?: boolean;
}

/** Permissions of a Unix socket that we listen on. */
export interface SocketPermissions {
  /** The mode of its file; absent: 0600, or 0660 with a group. */
  readonly mode?: number | undefined;
  /** The group of its file, by name or number; absent: ours. */
  readonly group?: string | undefined;
}

/** A Unix socket: a path, or `@` and an abstract name. Permissions are for listening. */
export interface UnixAddress extends SocketPermissions {
  readonly path: string;
}

/** Where a service can be reached. */
export type Address = TcpAddress | UnixAddress;

/** The two ends of a client's connection: source and destination. */
export interface Route {
  readonly source: TcpAddress;
  readonly destination: TcpAddress;
}

/** Placeholder for the ends of a Unix socket, which have no addresses. */
export const ON_UNIX_SOCKET: TcpAddress = { host: "unix", port: 0 };
/** Placeholder for an end that could not be read before the connection was gone. */
export const UNKNOWN: TcpAddress = { host: "unknown", port: 0 };

/** An address family: IPv4 or IPv6. */
export type Family = 4 | 6;

const LOOPBACK = "127.0.0.1";
const HOST_NAME = /^(?!-)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?$/;
const ONLY_DIGITS_AND_DOTS = /^[\d.]+$/;
const FORMS = "expected PORT, HOST:PORT, [IPV6]:PORT or unix:/PATH";
/** The longest path of a Unix socket, in bytes: sockaddr_un has 108, including a NUL. */
const LONGEST_PATH = 107;

/**
 * Reads `10001` (on 127.0.0.1), `host:10001`, `[::1]:10001`, `unix:/path` or `unix:@name`.
 *
 * @param leastPort 0 to allow port 0, any free port
 * @throws {SyntaxError} for anything else, saying what was expected
 */
export function parseAddress(text: string, leastPort = 1): Address {
  if (/^unix:(?!\d+$)/.test(text)) return parseUnix(text.slice("unix:".length)); // But unix:80 is a host.
  const match = /^(?:(?:\[(?<v6>[^\]]*)\]|(?<name>[^:]*)):)?(?<port>[^:]*)$/.exec(text);
  if (!match?.groups) throw new SyntaxError(FORMS);
  const { v6, name, port = "" } = match.groups;
  const isAlone = v6 === undefined && name === undefined;
  if (isAlone && !/^-?\d*$/.test(port)) throw new SyntaxError(FORMS);
  if (v6 !== undefined && !isIPv6(v6)) throw new SyntaxError(`"${v6}" is not an IPv6 address`);
  return { host: v6 ?? (name === undefined ? LOOPBACK : parseHost(name)), port: parsePort(port, leastPort) };
}

function parseUnix(path: string): UnixAddress {
  if (!/^(?:\/|@)[^\0]+$/.test(path)) throw new SyntaxError("expected unix:/PATH or unix:@NAME");
  const { length } = Buffer.from(path);
  if (length > LONGEST_PATH)
    throw new SyntaxError(`expected at most ${LONGEST_PATH} bytes after unix:, not ${length}`);
  return { path };
}

/**
 * Reads a host name or a literal address (IPv6 with or without brackets).
 *
 * @throws {SyntaxError} for anything else
 */
export function parseHost(text: string): string {
  const host = text.replace(/^\[(.*)\]$/, "$1");
  if (isIP(host) !== 0) return host;
  if (HOST_NAME.test(text) && text.length <= 253 && !ONLY_DIGITS_AND_DOTS.test(text)) return text;
  throw new SyntaxError(`"${text}" is neither a host name nor an IP address`);
}

/**
 * Reads a literal address (IPv6 with or without brackets).
 *
 * @throws {SyntaxError} for anything else
 */
export function parseLiteral(text: string): string {
  const host = text.replace(/^\[(.*)\]$/, "$1");
  if (isIP(host) === 0) throw new SyntaxError("expected an IP address");
  return host;
}

/**
 * Reads a TCP port between `least` and 65535, in decimal digits.
 *
 * @throws {SyntaxError} for anything else
 */
export function parsePort(text: string, least = 0): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : -1;
  if (port < least || port > 65535) throw new SyntaxError(`expected a port from ${least} to 65535`);
  return port;
}

/** The address as `parseAddress` reads it; a Unix socket as `unix:/path`. */
export function formatAddress(address: Address): string {
  if (isUnix(address)) return `unix:${address.path}`;
  const { host, port } = address;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether it is a literal address or a Unix socket. An address with a zone, fe80::1%eth0, counts as a name. */
export function isLiteral(address: Address): boolean {
  return isUnix(address) || (isIP(address.host) !== 0 && !address.host.includes("%"));
}

/** The family of a literal address. */
export function familyOf(host: string): Family {
  return host.includes(":") ? 6 : 4;
}

/** Whether it is the address of a Unix socket. */
export function isUnix(address: Address): address is UnixAddress {
  return "path" in address;
}

/** An address to listen on; if it is a Unix socket, with these permissions. */
export function withPermissions(address: Address, permissions: SocketPermissions = {}): Address {
  return isUnix(address) ? { ...address, ...permissions } : address;
}

/** The path of a Unix socket for system calls: an abstract name begins with a NUL. */
export function systemPath({ path }: UnixAddress): string {
  return path.replace(/^@/, "\0");
}

/** Whether this end of a connection has a known address. */
export function hasAddress(end: TcpAddress): boolean {
  return end.host !== ON_UNIX_SOCKET.host && end.host !== UNKNOWN.host;
}

/** Turns `::ffff:1.2.3.4`, as an IPv4 client of a dual-stack listener appears, into `1.2.3.4`. */
export function normalizeHost(host: string): string {
  return host.replace(/^::ffff:(?=\d+\.)/, "");
}

/**
 * The host to listen on: 127.0.0.1 for localhost, as for a port alone. On most systems localhost has two addresses, and
 * Bun would listen on the first, ::1, where clients of 127.0.0.1 cannot reach it.
 */
export function listeningHost(host: string): string {
  return /^localhost\.?$/i.test(host) ? LOOPBACK : host;
}
