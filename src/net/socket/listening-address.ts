import { readFileSync, readlinkSync } from "node:fs";
import { isUnix, listeningHost, type Address } from "../address.ts";
import { AddressRanges, parseRange } from "../clients/ranges.ts";
import { canCallLibc, getSocketOption, socketName } from "../libc.ts";

/** Where the socket of a descriptor listens; undefined: it does not, or it is no socket of ours, or nobody knows. */
export function listeningAddress(fd: number): Address | undefined {
  if (!canCallLibc()) return listedAddress(fd);
  const name = getSocketOption(fd, "SO_ACCEPTCONN") === 1 ? socketName(fd) : undefined;
  return name && decode(name);
}

/** Whether two addresses to listen on are the same, in whatever spelling. */
export function isSamePlace(one: Address, other: Address): boolean {
  if (isUnix(one) || isUnix(other)) return isUnix(one) && isUnix(other) && one.path === other.path;
  const [here, there] = [listeningHost(one.host), listeningHost(other.host)];
  return one.port === other.port && (here === there || isSameHost(here, there));
}

function isSameHost(literal: string, other: string): boolean {
  try {
    return new AddressRanges([parseRange(literal)]).allow(other);
  } catch {
    return false; // A name.
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

/** A name that is in no file system begins with a NUL, a path ends with one. */
function unixAddress(path: string): Address | undefined {
  const text = path.replace(/^\0/, "@").replace(/\0.*$/s, "");
  return text === "" ? undefined : { path: text };
}

function ipv6(groups: readonly number[]): string {
  const text = groups.map((group) => group.toString(16)).join(":");
  return text.replace(/(^|:)0(:0)+(:|$)/, "::");
}

/** Where libc cannot be called: what the kernel lists, which are the sockets of our own network namespace. */
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

/** The kernel prints words of 32 bits, each as the processor has it: the last octet comes first on what we run on. */
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
