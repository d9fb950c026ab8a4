import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { dlopen, read, type Pointer } from "bun:ffi";
import { isUnix, type Address, type UnixAddress } from "./address.ts";
import { errorCode } from "./errors.ts";
import { internetAddress, unixAddress } from "./socket/sockaddr.ts";

/**
 * Calls of libc that Bun has no API for; nothing else in `src/` uses bun:ffi. Each reports whether it worked, because
 * callers need a fallback: libc cannot be called on systems other than Linux, nor without the JIT, which bun:ffi needs
 * and systemd's MemoryDenyWriteExecute=yes forbids.
 */
const SIGNATURES = {
  listen: { args: ["int", "int"], returns: "int" },
  setsockopt: { args: ["int", "int", "int", "ptr", "u32"], returns: "int" },
  getsockopt: { args: ["int", "int", "int", "ptr", "ptr"], returns: "int" },
  ioctl: { args: ["int", "u64", "ptr"], returns: "int" },
  socket: { args: ["int", "int", "int"], returns: "int" },
  connect: { args: ["int", "ptr", "u32"], returns: "int" },
  bind: { args: ["int", "ptr", "u32"], returns: "int" },
  send: { args: ["int", "ptr", "u64", "int"], returns: "i64" },
  getgrnam: { args: ["ptr"], returns: "ptr" },
  close: { args: ["int"], returns: "int" },
  fcntl: { args: ["int", "int", "int"], returns: "int" },
  shutdown: { args: ["int", "int"], returns: "int" },
  recv: { args: ["int", "ptr", "usize", "int"], returns: "int" },
  getsockname: { args: ["int", "ptr", "ptr"], returns: "int" },
  clock_gettime: { args: ["int", "ptr"], returns: "int" },
  inet_pton: { args: ["int", "ptr", "ptr"], returns: "int" },
  __errno_location: { args: [], returns: "ptr" },
} as const;

type Symbols = ReturnType<typeof dlopen<typeof SIGNATURES>>["symbols"];

// Linux, the same on x64 and arm64: <bits/socket.h>
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
// <asm-generic/socket.h>, <netinet/in.h>
const SOL_SOCKET = 1;
const IPPROTO_IP = 0;
const IPPROTO_TCP = 6;

/** Socket options with the value of an int: level and name. */
const OPTIONS = {
  /** How many bytes the kernel may hold for the peer. Linux doubles the value for its own bookkeeping. */
  SO_SNDBUF: [SOL_SOCKET, 7],
  /** Why the connection was lost, as errno; 0 if it was not. Reading it resets it to 0. */
  SO_ERROR: [SOL_SOCKET, 4],
  /** 1 if it listens. */
  SO_ACCEPTCONN: [SOL_SOCKET, 30],
  /** 1: bind to an address only; the port is chosen when connecting, so that ports do not run out. */
  IP_BIND_ADDRESS_NO_PORT: [IPPROTO_IP, 24],
  /** 1: hold back partial packets until the FIN, for at most 200 ms. */
  TCP_CORK: [IPPROTO_TCP, 3],
  /** For a listening socket: seconds until a silent client is accepted; 0: at once. */
  TCP_DEFER_ACCEPT: [IPPROTO_TCP, 9],
} as const satisfies Record<string, readonly [level: number, name: number]>;

/** The name of a socket option, as in the headers. */
export type SocketOption = keyof typeof OPTIONS;

const SO_LINGER = 13;
// <asm-generic/ioctls.h>, <linux/fcntl.h>, <sys/socket.h>
const SIOCOUTQ = 0x5411;
const F_DUPFD_CLOEXEC = 1030;
const SHUT_WR = 1;
const MSG_PEEK = 2;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
// <time.h>
const CLOCK_MONOTONIC = 1;

/** Whether libc can be called at all. */
export function canCallLibc(): boolean {
  return symbols() !== undefined;
}

/** Sets the backlog of a listening socket: how many clients may wait for `accept`. */
export function listen(fd: number, backlog: number): boolean {
  return symbols()?.listen(fd, backlog) === 0;
}

/** Sets a socket option to an int (32 bits). */
export function setSocketOption(fd: number, option: SocketOption, value: number): boolean {
  const [level, name] = OPTIONS[option];
  return symbols()?.setsockopt(fd, level, name, new Int32Array([value]), 4) === 0;
}

/** Makes the kernel send what it has held back, and stop holding back. */
export function uncork(fd: number): void {
  setSocketOption(fd, "TCP_CORK", 0);
}

/** The value of a socket option; undefined if unknown. */
export function getSocketOption(fd: number, option: SocketOption): number | undefined {
  const [level, name] = OPTIONS[option];
  const value = new Int32Array(1);
  const done = symbols()?.getsockopt(fd, level, name, value, new Uint32Array([value.byteLength])) === 0;
  return done ? value[0] : undefined;
}

/**
 * Bytes that the kernel holds for the peer of a connected socket: not sent yet, or not acknowledged. Our FIN counts as
 * one byte until the peer has acknowledged it. Undefined if unknown.
 */
export function unsentByKernel(fd: number): number | undefined {
  const bytes = new Int32Array(1);
  return symbols()?.ioctl(fd, SIOCOUTQ, bytes) === 0 ? bytes[0] : undefined;
}

/** The address that a socket is bound to, as struct sockaddr; undefined if unknown. */
export function socketName(fd: number): Uint8Array | undefined {
  const name = new Uint8Array(SOCKADDR_STORAGE);
  const length = Uint32Array.of(name.length);
  return symbols()?.getsockname(fd, name, length) === 0 ? name.subarray(0, length[0]) : undefined;
}

/** <bits/socket.h>: room for any address. */
const SOCKADDR_STORAGE = 128;

/** Another descriptor of the same socket, which stays open when Bun closes its own; undefined if that failed. */
export function duplicate(fd: number): number | undefined {
  const copy = symbols()?.fcntl(fd, F_DUPFD_CLOEXEC, 0) ?? -1;
  return copy < 0 ? undefined : copy;
}

/** Half-closes a connection (FIN) without Bun's knowledge. */
export function endOutput(fd: number): boolean {
  return symbols()?.shutdown(fd, SHUT_WR) === 0;
}

/** Peeks at the next bytes of a connection; returns how many there are, 0 at its end. */
export function peek(fd: number, into: Uint8Array): number | "none yet" | "lost" {
  const libc = symbols();
  const count = libc?.recv(fd, into, into.length, MSG_PEEK | MSG_DONTWAIT) ?? -1;
  if (!libc || count >= 0) return count < 0 ? "lost" : count;
  return lastErrno(libc) === constants.errno.EAGAIN ? "none yet" : "lost";
}

/** Reads and drops as many bytes as fit into `into`; they must be available. */
export function skip(fd: number, into: Uint8Array): void {
  if (into.length === 0) return;
  symbols()?.recv(fd, into, into.length, MSG_DONTWAIT);
}

/** Closes a descriptor; the kernel still sends what it holds for the peer. */
export function closeDescriptor(fd: number): void {
  symbols()?.close(fd);
}

/** Closes the descriptor of a socket; if it is the last one, the peer is reset. */
export function closeWithReset(fd: number): void {
  symbols()?.setsockopt(fd, SOL_SOCKET, SO_LINGER, new Int32Array([1, 0]), 8);
  closeDescriptor(fd);
}

/** The descriptor of a new socket, or the system's name for the error; undefined if libc cannot be called. */
export type Opened = { readonly fd: number } | { readonly code: string } | undefined;

/**
 * Makes a socket and begins to connect it to a literal address or a path, without waiting.
 *
 * @param source the literal address of this machine to connect from; absent: chosen by the system
 */
export function beginConnecting(to: Address, source?: string): Opened {
  const isFree = source === undefined || isUnix(to);
  return openSocket(to, SOCK_STREAM, (libc, fd, address) =>
    isFree || bindTo(libc, fd, source) ? libc.connect(fd, address, address.length) : -1,
  );
}

/** Makes a Unix socket, with its file unless it is abstract. Nobody can connect to it until it listens. */
export function bindUnix(to: UnixAddress): Opened {
  return openSocket(to, SOCK_STREAM, (libc, fd, address) => libc.bind(fd, address, address.length));
}

/**
 * Whether a process has the socket at a path open. Probes with a socket of another type, which that process cannot see.
 *
 * @returns undefined if unknown
 */
export function isUnixInUse(to: UnixAddress): boolean | undefined {
  const opened = openSocket(to, SOCK_DGRAM, (libc, fd, address) => libc.connect(fd, address, address.length));
  if (!opened) return undefined;
  if ("fd" in opened) closeDescriptor(opened.fd);
  else if (opened.code === "ECONNREFUSED" || opened.code === "ENOENT") return false;
  else if (opened.code !== "EPROTOTYPE") return undefined;
  return true;
}

/**
 * Sends one datagram to a Unix socket; never blocks.
 *
 * @returns "sent", or the system's name for the error; undefined if libc cannot be called
 */
export function sendDatagram(
  to: UnixAddress,
  bytes: Uint8Array,
): "sent" | { readonly code: string } | undefined {
  const opened = openSocket(to, SOCK_DGRAM, (libc, fd, address) => {
    if (libc.connect(fd, address, address.length) !== 0) return -1;
    return libc.send(fd, bytes, bytes.length, MSG_NOSIGNAL) < 0n ? -1 : 0;
  });
  if (!opened || "code" in opened) return opened;
  closeDescriptor(opened.fd);
  return "sent";
}

/** CLOCK_MONOTONIC in microseconds, which is the same for all processes; undefined if libc cannot be called. */
export function monotonicMicroseconds(): number | undefined {
  const time = new BigInt64Array(2); // struct timespec
  if (symbols()?.clock_gettime(CLOCK_MONOTONIC, time) !== 0) return undefined;
  const [seconds, nanoseconds] = time as unknown as [bigint, bigint];
  return Number(seconds) * 1_000_000 + Math.floor(Number(nanoseconds) / 1000);
}

/** The number of a group; undefined if there is none of that name, or libc cannot be called. */
export function groupId(name: string): number | undefined {
  const group = symbols()?.getgrnam(Buffer.from(`${name}\0`));
  return group ? read.u32(group, GROUP_ID) : undefined;
}

/** <grp.h>: its offset in struct group, after two pointers. */
const GROUP_ID = 16;

function openSocket(
  to: Address,
  kind: number,
  use: (libc: Symbols, fd: number, address: Uint8Array) => number,
): Opened {
  const libc = symbols();
  if (!libc) return undefined;
  const address = isUnix(to) ? unixAddress(to) : internetAddress(to.host, to.port, libc.inet_pton);
  if (!address) return { code: isUnix(to) ? "ENAMETOOLONG" : "EAFNOSUPPORT" };
  const fd = libc.socket(address[0] as number, kind | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return { code: errorCode(lastErrno(libc)) };
  if (use(libc, fd, address) === 0) return { fd };
  const errno = lastErrno(libc); // First: the next call may overwrite it.
  if (errno === constants.errno.EINPROGRESS) return { fd };
  libc.close(fd);
  return { code: errorCode(errno) };
}

function bindTo(libc: Symbols, fd: number, source: string): boolean {
  setSocketOption(fd, "IP_BIND_ADDRESS_NO_PORT", 1); // May fail: before Linux 4.2 there was no such option.
  const address = internetAddress(source, 0, libc.inet_pton);
  return address !== undefined && libc.bind(fd, address, address.length) === 0;
}

/** errno, as the last call left it. */
function lastErrno(libc: Symbols): number {
  // oxlint-disable-next-line no-underscore-dangle -- glibc and musl call it so
  return read.i32(libc.__errno_location() as Pointer, 0);
}

/** Opened at the first call; null if that failed. */
let opened: Symbols | null | undefined;

function symbols(): Symbols | undefined {
  opened ??= open();
  return opened ?? undefined;
}

function open(): Symbols | null {
  try {
    const path = ownLibc();
    return path === undefined ? null : dlopen(path, SIGNATURES).symbols;
  } catch {
    return null;
  }
}

/**
 * The path of the libc (glibc or musl) that this process has loaded. Not a bare name, because Bun would load a library
 * of that name from the working directory if the system had none.
 */
function ownLibc(): string | undefined {
  if (process.platform !== "linux") return undefined;
  const maps = readFileSync("/proc/self/maps", "latin1");
  return /\s(\/.*\/(?:libc\.so\.6|ld-musl-[^/]+\.so\.1))$/m.exec(maps)?.[1];
}

/** The file descriptor of one of Bun's sockets, which Bun's types lack. */
export function descriptorOf(socket: object): number {
  return (socket as { fd: number }).fd;
}
