import { readFileSync, writeSync } from "node:fs";

/** What a shell reports for a program ended by SIGPIPE (128 + 13): the reader has left, which is not an error. */
export const EXIT_PIPE = 141;

/** How long to wait before trying again to write to a full pipe, in milliseconds. */
const PAUSE_MS = 10;

/**
 * Writes a short text, synchronously. `process.stdout` takes 12 ms to start, and `console.log` swallows errors.
 *
 * @returns the exit code: 0 written, 1 failed (reported on standard error), 141 nobody reads
 */
export async function print(fd: 1 | 2, text: string): Promise<number> {
  try {
    if (fd === 1 && isOutputClosed()) throw new ClosedError();
    writeAll(fd, text);
    return 0;
  } catch (error) {
    if ((error as { code?: string }).code === "EPIPE") return EXIT_PIPE;
    if (fd === 1) {
      const { describeSystemError } = await import("../net/errors.ts"); // Loading it takes 2 ms.
      await print(2, `poetry: Cannot write to standard output: ${describeSystemError(error)}.\n`);
    }
    return 1;
  }
}

/** Standard output was closed before the program began. */
export class ClosedError extends Error {
  override readonly name = "ClosedError";
  readonly code = "EBADF";
}

/**
 * Whether standard output was closed before the program began. Bun has opened /dev/null in its place then, to be closed at
 * exec; a descriptor that was inherited is never that.
 */
export function isOutputClosed(): boolean {
  try {
    const [, flags = "0"] = /^flags:\s*([0-7]+)$/m.exec(readFileSync("/proc/self/fdinfo/1", "utf8")) ?? [];
    return (Number.parseInt(flags, 8) & O_CLOEXEC) !== 0;
  } catch {
    return false; // Not on Linux: that remains unknown.
  }
}

/** Linux, x64 and arm64; node:fs does not have it. */
const O_CLOEXEC = 0o2000000;

/** Blocks until the reader has taken everything: there is nothing else to do. A signal still ends it. */
function writeAll(fd: number, text: string): void {
  let bytes: Uint8Array = new TextEncoder().encode(text);
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(fd, bytes));
    } catch (error) {
      if ((error as { code?: string }).code !== "EAGAIN") throw error;
      Bun.sleepSync(PAUSE_MS);
    }
  }
}
