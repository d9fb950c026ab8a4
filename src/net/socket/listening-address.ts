import { readFileSync, readlinkSync } from "node:fs";
import { isUnix, listeningHost, type Address } from "../address.ts";
import { AddressRanges, parseRange } from "../clients/ranges.ts";
import { canCallLibc, getSocketOption, socketName } from "../libc.ts";

/** Where the socket of a descriptor listens; undefined if it does not, or if that is unknown. */
export function listeningAddress(fd: number): Address | undefined {
  if (!canCallLibc()) return listedAddress(fd);
  const name = getSocketOption(fd, "SO_ACCEPTCONN") === 1 ? socketName(fd) : undefined;
  return name && decode(name);
}

/** Whether two addresses to listen on are the same, however they are spelt. */
export function isSamePlace(one: Address, other: Address): boolean {
  if (isUnix(one) || isUnix(other)) return isUnix(one) && isUnix(other) && one.path === other.path;
  const [here, there] = [listeningHost(one.host), listeningHost(other.host)];
  return one.port === other.port && (here === there || isSameHost(here, there));
}

function isSameHost(literal: string, other: string): boolean {
  try {
    return new AddressRanges([parseRange(literal)]).allow(other);
  } catch {
    return false; // It is a name.
  }
}

/** struct sockaddr_un, sockaddr_in or sockaddr_in6. */
function decode(name: Uint8Array): Address | undefined {
  const view = new DataView(name.buffer, 0, name.length);
  const family = view.getUint16(0, true);
  if (family === AF_UNIX) return unixAddress(Buffer.from(name.subarray(2)).toString());
  if (family === AF_INET) return { host: name.subarray(4, 8).join("."), port: view.getUint16(2) };
  if (family !== AF_INET6) return undefined;
  const groups = Array.from({ length: 8 }, (_, i) => view.getUint16(8 + 2 * i));
  return { host: ipv6(groups), port: view.getUint16(2) };
}

// Linux: <bits/socket.h>
const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;

/** An abstract name begins with a NUL; a path ends with one. */
function unixAddress(path: string): Address | undefined {
  const text = path.replace(/^\0/, "@").replace(/\0.*$/s, "");
  return text === "" ? undefined : { path: text };
}

function ipv6(groups: readonly number[]): string {
  const text = groups.map((group) => group.toString(16)).join(":");
  return text.replace(/(^|:)0(:0)+(:|$)/, "::");
}

/** The fallback without libc: finds the socket in the kernel's lists, which cover our own network namespace only. */
function listedAddress(fd: number): Address | undefined {
  try {
    const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1];
    if (inode === undefined) return undefined;
    return (
      listedUnix(inode) ??
      listedTcp(inode, "tcp", (hex) => octetsOf(hex).join(".")) ??
      listedTcp(inode, "tcp6", (hex) => ipv6(groupsOf(octetsOf(hex))))
    );
  } catch {
    return undefined; // Not on Linux.
  }
}

function listedUnix(inode: string): Address | undefined {
  const line = new RegExp(`^\\S+ \\S+ \\S+ ${LISTENS_ON_UNIX} \\S+ \\S+ +${inode} (.+)$`, "m");
  const path = line.exec(readFileSync("/proc/self/net/unix", "utf8"))?.[1];
  return path === undefined ? undefined : { path };
}

/** <linux/net.h>: __SO_ACCEPTCON. */
const LISTENS_ON_UNIX = "00010000";

function listedTcp(inode: string, table: string, hostOf: (hex: string) => string): Address | undefined {
  for (const line of readFileSync(`/proc/self/net/${table}`, "latin1").split("\n")) {
    const [, local = "", , state, , , , , , itsInode] = line.trim().split(/\s+/);
    const [host = "", port = ""] = local.split(":");
    if (state === LISTENS && itsInode === inode)
      return { host: hostOf(host), port: Number.parseInt(port, 16) };
  }
  return undefined;
}

/** <net/tcp_states.h>: TCP_LISTEN. */
const LISTENS = "0A";

/** The kernel prints words of 32 bits in the byte order of the processor, which is little-endian on x64 and arm64. */
function octetsOf(hex: string): number[] {
  const words = hex.match(/.{8}/g) ?? [];
  return words.flatMap((word) => Array.from(Buffer.from(word, "hex")).toReversed());
}

function groupsOf(octets: readonly number[]): number[] {
  return Array.from(
    { length: octets.length / 2 },
    (_, i) => (octets[2 * i] as number) * 256 + (octets[2 * i + 1] as number),
  );
}
