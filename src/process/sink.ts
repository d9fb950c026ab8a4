import { closeSync, constants, fstatSync, openSync, write, writeSync } from "node:fs";
import type { Sink } from "../observe/writer.ts";

/** What a thread is given at once: it returns only when the reader has taken all of it. */
const SLICE_BYTES = 64 * 1024;

/** A sink that writes to the file descriptor `fd` without ever making the event loop wait, whatever is behind it. */
export function openSink(fd: number): Sink {
  try {
    if (fstatSync(fd).isFile()) return new PromptSink(fd); // Not opened again: its position may be shared.
    // A terminal or a pipe gets a description of its own: O_NONBLOCK on `fd` itself would hit whoever shares it.
    const flags = constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
    return new PromptSink(openSync(`/proc/self/fd/${fd}`, flags));
  } catch {
    return new ThreadSink(fd); // A socket, a terminal of another user, a pipe without a reader.
  }
}

/** A file that is appended to, and can be opened anew after somebody has moved it away. */
export class LogFile implements Sink {
  #fd: number;
  #sink: Sink;

  /** @throws what the system says if the file cannot be opened */
  constructor(readonly path: string) {
    this.#fd = openSync(path, APPEND, 0o640);
    this.#sink = new PromptSink(this.#fd);
  }

  write(bytes: Uint8Array, done: (taken: number | Error) => void): void {
    this.#sink.write(bytes, done);
  }

  /** @throws as the constructor; then the old file goes on */
  reopen(): void {
    const fd = openSync(this.path, APPEND, 0o640);
    closeSync(this.#fd);
    this.#fd = fd;
    this.#sink = new PromptSink(fd);
  }
}

/** O_NONBLOCK: it may be a pipe. */
const APPEND =
  constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK | constants.O_NOCTTY;

/** For descriptors that take at once what they have room for. */
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

/** For descriptors that wait for their reader: a thread of Bun's waits in our place. */
class ThreadSink implements Sink {
  readonly #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
  }

  write(bytes: Uint8Array, done: (taken: number | Error) => void): void {
    write(this.#fd, bytes.subarray(0, SLICE_BYTES), (error, taken) => done(error ? outcomeOf(error) : taken));
  }
}

function outcomeOf(error: NodeJS.ErrnoException): 0 | Error {
  return error.code === "EAGAIN" ? 0 : error;
}
