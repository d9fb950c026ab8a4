import { readFileSync } from "node:fs";
import { dlopen } from "bun:ffi";

/**
 * The calls of libc that Bun has no API for; nothing else in `src/` uses bun:ffi. Each says in its result whether it
 * worked, so that its caller can do without: there is no libc to call on another system than Linux, nor where the JIT is
 * off (systemd's MemoryDenyWriteExecute=yes), without which bun:ffi refuses to work.
 */
const SIGNATURES = {
  listen: { args: ["int", "int"], returns: "int" },
  setsockopt: { args: ["int", "int", "int", "ptr", "u32"], returns: "int" },
  getsockopt: { args: ["int", "int", "int", "ptr", "ptr"], returns: "int" },
  ioctl: { args: ["int", "u64", "ptr"], returns: "int" },
} as const;

type Symbols = ReturnType<typeof dlopen<typeof SIGNATURES>>["symbols"];

// Linux: <asm-generic/socket.h>, <netinet/tcp.h>; the same on x64 and arm64.
const SOL_SOCKET = 1;
const IPPROTO_TCP = 6;

/** Socket options with the value of an int: level and name. */
const OPTIONS = {
  /** Bytes that the kernel may hold for the peer. Linux doubles what it is given, for its own bookkeeping. */
  SO_SNDBUF: [SOL_SOCKET, 7],
  /** 1: hold back what does not fill a packet, until the end. */
  TCP_CORK: [IPPROTO_TCP, 3],
} as const satisfies Record<string, readonly [level: number, name: number]>;

export type SocketOption = keyof typeof OPTIONS;

// <asm-generic/ioctls.h>
const SIOCOUTQ = 0x5411;

/** Gives a listening socket another limit of clients that wait for `accept`. */
export function listen(fd: number, backlog: number): boolean {
  return symbols()?.listen(fd, backlog) === 0;
}

/** Sets a socket option to an int (32 bits). */
export function setSocketOption(fd: number, option: SocketOption, value: number): boolean {
  const [level, name] = OPTIONS[option];
  return symbols()?.setsockopt(fd, level, name, new Int32Array([value]), 4) === 0;
}

/** What a socket option is set to; undefined: nobody knows. */
export function getSocketOption(fd: number, option: SocketOption): number | undefined {
  const [level, name] = OPTIONS[option];
  const value = new Int32Array(1);
  const done = symbols()?.getsockopt(fd, level, name, value, new Uint32Array([value.byteLength])) === 0;
  return done ? value[0] : undefined;
}

/**
 * Bytes that the kernel holds for the peer of a connected socket: not sent yet, or not acknowledged. Our own end (FIN)
 * counts as one of them until the peer has acknowledged it. Undefined: nobody knows.
 */
export function unsentByKernel(fd: number): number | undefined {
  const bytes = new Int32Array(1);
  return symbols()?.ioctl(fd, SIOCOUTQ, bytes) === 0 ? bytes[0] : undefined;
}

/** Opened for the first call; null: there is none. */
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
 * The path of the libc (glibc or musl) that this process has loaded. Not a bare name: where the system has no library of
 * that name, Bun would load one from the working directory.
 */
function ownLibc(): string | undefined {
  if (process.platform !== "linux") return undefined;
  const maps = readFileSync("/proc/self/maps", "latin1");
  return /\s(\/.*\/(?:libc\.so\.6|ld-musl-[^/]+\.so\.1))$/m.exec(maps)?.[1];
}
