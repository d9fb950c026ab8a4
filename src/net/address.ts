import { isIP, isIPv6 } from "node:net";

/** A TCP port of a host: its name or literal IP address (IPv6 without brackets). */
export interface TcpAddress {
  readonly host: string;
  readonly port: number;
}

/** A Unix socket. */
export interface UnixAddress {
  readonly path: string;
}

/** Where a service can be reached. */
export type Address = TcpAddress | UnixAddress;

/** A family of addresses: IPv4 or IPv6. */
export type Family = 4 | 6;

const LOOPBACK = "127.0.0.1";
const HOST_NAME = /^(?!-)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?$/;
const ONLY_DIGITS_AND_DOTS = /^[\d.]+$/;

/**
 * Reads `10001` (on 127.0.0.1), `host:10001` or `[::1]:10001`.
 *
 * @throws {SyntaxError} for anything else, saying what was expected
 */
export function parseAddress(text: string): TcpAddress {
  const match = /^(?:(?:\[(?<v6>[^\]]*)\]|(?<name>[^:]*)):)?(?<port>[^:]*)$/.exec(text);
  if (!match?.groups) throw new SyntaxError(`expected PORT, HOST:PORT or [IPV6]:PORT`);
  const { v6, name, port = "" } = match.groups;
  const isAlone = v6 === undefined && name === undefined;
  if (isAlone && !/^-?\d*$/.test(port)) throw new SyntaxError(`expected PORT, HOST:PORT or [IPV6]:PORT`);
  if (v6 !== undefined && !isIPv6(v6)) throw new SyntaxError(`"${v6}" is not an IPv6 address`);
  return { host: v6 ?? (name === undefined ? LOOPBACK : parseHost(name)), port: parsePort(port, 1) };
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

/** Whether it can be connected to as it is; else its host is a name. So is a zone: fe80::1%eth0. */
export function isLiteral(address: Address): boolean {
  return isUnix(address) || (isIP(address.host) !== 0 && !address.host.includes("%"));
}

/** The family of a literal address. */
export function familyOf(host: string): Family {
  return host.includes(":") ? 6 : 4;
}

export function isUnix(address: Address): address is UnixAddress {
  return "path" in address;
}

/** An IPv4 client of a dual-stack listener shows as `::ffff:1.2.3.4`: the same client, so the same text. */
export function normalizeHost(host: string): string {
  return host.replace(/^::ffff:(?=\d+\.)/, "");
}

/**
 * Where a service that is to listen on `host` listens: on 127.0.0.1 for localhost, as for a port alone. The name has two
 * addresses on most systems, and Bun would take the first, ::1, which who asks 127.0.0.1 does not reach.
 */
export function listeningHost(host: string): string {
  return /^localhost\.?$/i.test(host) ? LOOPBACK : host;
}
