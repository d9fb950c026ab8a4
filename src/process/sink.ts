import { closeSync, constants, fstatSync, openSync, write, writeSync } from "node:fs";
import type { Sink } from "../observe/writer.ts";

/** Bytes that a thread writes at once: the call returns only when the reader has taken all of them. */
const SLICE_BYTES = 64 * 1024;

/** A sink that writes to the file descriptor `fd` without ever blocking the event loop, whatever kind of file it is. */
export function openSink(fd: number): Sink {
  try {
    if (fstatSync(fd).isFile()) return new PromptSink(fd); // Not reopened, because its position may be shared.
    // A terminal or a pipe is reopened: O_NONBLOCK on `fd` itself would affect other processes that share it.
    const flags = constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
    return new PromptSink(openSync(`/proc/self/fd/${fd}`, flags));
  } catch {
    return new ThreadSink(fd); // A socket, a terminal of another user, a pipe without a reader.
  }
}

/** A file that is appended to, and can be reopened after it has been moved away. */
export class LogFile implements Sink {
  #fd: number;
  #sink: Sink;

  /** @throws the error of the system call if the file cannot be opened */
  constructor(readonly path: string) {
    this.#fd = openSync(path, APPEND, 0o640);
    this.#sink = new PromptSink(this.#fd);
  }

  write(bytes: Uint8Array, done: (taken: number | Error) => void): void {
    this.#sink.write(bytes, done);
  }

  /** @throws like the constructor; then the old file stays in use */
  reopen(): void {
    const fd = openSync(this.path, APPEND, 0o640);
    closeSync(this.#fd);
    this.#fd = fd;
    this.#sink = new PromptSink(fd);
  }
}

/** O_NONBLOCK, because the path may be a named pipe. */
const APPEND =
  constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK | constants.O_NOCTTY;

/** Writes at once: for descriptors that never block. */
class PromptSink implements Sink {
  readonly #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
  }

  write(bytes: Uint8Array, done: (taken: number | Error) => void): void {
    let taken: number | Error;
    try {
      taken = writeSync(this.#fd, bytes);
    } catch (error) {
      taken = outcomeOf(error as NodeJS.ErrnoException);
    }
    done(taken);
  }
}

/** For descriptors that may block: one of Bun's threads waits instead of the event loop. */
class ThreadSink implements Sink {
  readonly #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
  }

  write(bytes: Uint8Array, done: (taken: number | Error) => void): void {
    write(this.#fd, bytes.subarray(0, SLICE_BYTES), (error, taken) => done(error ? outcomeOf(error) : taken));
  }
}

/** A full pipe or terminal has taken 0 bytes; everything else is an error. */
function outcomeOf(error: NodeJS.ErrnoException): 0 | Error {
  return error.code === "EAGAIN" ? 0 : error;
}
