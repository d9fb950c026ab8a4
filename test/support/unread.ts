import { dlopen, ptr, type Pointer } from "bun:ffi";
import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from "node:fs";

const { O_RDWR, O_NOCTTY, O_NONBLOCK } = constants;
const O_CLOEXEC = 0o2000000;
const F_GETFL = 3;
const F_SETFL = 4;
const TCOOFF = 0;
const TCOON = 1;
const AF_UNIX = 1;
const SOCK_STREAM_CLOEXEC = 1 | O_CLOEXEC;

const libc = dlopen("libc.so.6", {
  fcntl: { args: ["int", "int", "int"], returns: "int" },
  grantpt: { args: ["int"], returns: "int" },
  pipe2: { args: ["ptr", "int"], returns: "int" },
  posix_openpt: { args: ["int"], returns: "int" },
  ptsname_r: { args: ["int", "ptr", "usize"], returns: "int" },
  socketpair: { args: ["int", "int", "int", "ptr"], returns: "int" },
  tcflow: { args: ["int", "int"], returns: "int" },
  unlockpt: { args: ["int"], returns: "int" },
}).symbols;

export type Kind = "terminal" | "pipe" | "socket";

export const KINDS: readonly Kind[] = ["terminal", "pipe", "socket"];

/** A channel to a reader that reads nothing until the test does. */
export class Unread implements Disposable {
  /** The writing end, which blocks until it is read. */
  readonly writeEnd: number;
  readonly #readEnd: number;
  readonly #isTerminal: boolean;
  #hasReader = true;
  readonly #decoder = new TextDecoder();
  #text = "";

  constructor(kind: Kind) {
    this.#isTerminal = kind === "terminal";
    [this.#readEnd, this.writeEnd] = kind === "terminal" ? openTerminal() : openPair(kind);
    checked("fcntl", libc.fcntl(this.#readEnd, F_SETFL, O_NONBLOCK));
  }

  /** Its name as in $JOURNAL_STREAM (sd-daemon(3)). */
  get journalStream(): string {
    const { dev, ino } = fstatSync(this.writeEnd);
    return `${dev}:${ino}`;
  }

  /** Fills it, so that writers block. */
  jam(): void {
    if (this.#isTerminal)
      checked("tcflow", libc.tcflow(this.writeEnd, TCOOFF)); // Like Ctrl-S.
    else this.#fill();
  }

  /** Makes room again, at the latest when the test reads. */
  clear(): void {
    if (this.#isTerminal) checked("tcflow", libc.tcflow(this.writeEnd, TCOON));
  }

  #fill(): void {
    const bytes = new Uint8Array(64 * 1024).fill(0x20);
    const flags = checked("fcntl", libc.fcntl(this.writeEnd, F_GETFL, 0));
    this.stopWaiting();
    for (let size = bytes.length; size > 0;) if (!this.#takes(bytes.subarray(0, size))) size >>= 1;
    checked("fcntl", libc.fcntl(this.writeEnd, F_SETFL, flags));
  }

  /** Makes writes fail instead of block. */
  stopWaiting(): void {
    const flags = checked("fcntl", libc.fcntl(this.writeEnd, F_GETFL, 0));
    checked("fcntl", libc.fcntl(this.writeEnd, F_SETFL, flags | O_NONBLOCK));
  }

  #takes(bytes: Uint8Array): boolean {
    try {
      writeSync(this.writeEnd, bytes);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EAGAIN") return false;
      throw error;
    }
  }

  /** All that has been written so far. */
  read(): string {
    const bytes = new Uint8Array(64 * 1024);
    try {
      for (let count; (count = readSync(this.#readEnd, bytes)) > 0;)
        this.#text += this.#decoder.decode(bytes.subarray(0, count), { stream: true });
    } catch (error) {
      // EIO: the terminal is no longer open.
      if (!["EAGAIN", "EIO"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    }
    if (this.#isTerminal) this.#text = this.#text.replaceAll("\r\n", "\n");
    return this.#text;
  }

  /** Reads until the text satisfies `isMeant`. */
  async until(isMeant: (text: string) => boolean): Promise<string> {
    while (!isMeant(this.read())) await new Promise((resolve) => setImmediate(resolve));
    return this.#text;
  }

  /** Closes the reading end. */
  hangUp(): void {
    if (this.#hasReader) closeSync(this.#readEnd);
    this.#hasReader = false;
  }

  [Symbol.dispose](): void {
    this.hangUp();
    closeSync(this.writeEnd);
  }
}

function openTerminal(): [readEnd: number, writeEnd: number] {
  const master = checked("posix_openpt", libc.posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  checked("grantpt", libc.grantpt(master));
  checked("unlockpt", libc.unlockpt(master));
  const name = new Uint8Array(64);
  checked("ptsname_r", libc.ptsname_r(master, ptr(name), name.length));
  const path = Buffer.from(name.subarray(0, name.indexOf(0))).toString();
  return [master, openSync(path, O_RDWR | O_NOCTTY)];
}

function openPair(kind: "pipe" | "socket"): [readEnd: number, writeEnd: number] {
  const ends = new Int32Array(2);
  const into: Pointer = ptr(ends);
  if (kind === "pipe") checked("pipe2", libc.pipe2(into, O_CLOEXEC));
  else checked("socketpair", libc.socketpair(AF_UNIX, SOCK_STREAM_CLOEXEC, 0, into));
  return [ends[0] as number, ends[1] as number];
}

function checked(name: string, result: number): number {
  if (result < 0) throw new Error(`${name} failed`);
  return result;
}
