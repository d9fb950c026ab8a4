import { constants, open, type FileHandle } from "node:fs/promises";
import type { Clock } from "../../time/clock.ts";
import { collect, TooLongError } from "../../protocols/one-shot.ts";

/** Options of readOnce(). */
export interface ReadOnceOptions {
  readonly clock: Clock;
  /** The longest content, in bytes. */
  readonly limit: number;
  /** Called once if the file is a pipe or terminal that has nothing to read yet. */
  readonly waiting: () => void;
}

/** A file is longer than allowed. */
export class FileTooLongError extends Error {
  override readonly name = "FileTooLongError";

  /** @param limit in bytes */
  constructor(readonly limit: number) {
    super(`longer than ${limit} bytes`);
  }
}

const PIECE = 1024 * 1024;

/** Milliseconds until a pipe is checked again. */
const LOOK_AGAIN_MS = 20;

/** Non-blocking, because a FIFO without a writer would block open() forever. Such a FIFO counts as empty. */
const READ = constants.O_RDONLY | constants.O_NONBLOCK;

/** The whole content of a file of any kind. Fails with FileTooLongError at the first byte beyond the limit. */
export async function readOnce(path: string, options: ReadOnceOptions): Promise<Uint8Array> {
  await using handle = await open(path, READ);
  try {
    return await readAll(handle, options);
  } catch (error) {
    throw error instanceof TooLongError ? new FileTooLongError(error.limit) : error;
  }
}

async function readAll(handle: FileHandle, { clock, limit, waiting }: ReadOnceOptions): Promise<Uint8Array> {
  const content = collect(limit);
  let isWaiting = false;
  for (;;) {
    const piece = await readPiece(handle);
    if (piece === "nothing yet") {
      if (!isWaiting) waiting();
      isWaiting = true;
      await new Promise<void>((resolve) => clock.callLater(LOOK_AGAIN_MS, resolve));
    } else if (piece.length === 0) {
      return content.end();
    } else {
      content.take(piece);
    }
  }
}

async function readPiece(handle: FileHandle): Promise<Uint8Array | "nothing yet"> {
  const piece = new Uint8Array(PIECE); // A new one each time: collect() keeps it.
  try {
    const { bytesRead } = await handle.read(piece, 0, PIECE, null);
    return bytesRead === PIECE ? piece : piece.slice(0, bytesRead);
  } catch (error) {
    if ((error as { code?: string }).code === "EAGAIN") return "nothing yet";
    throw error;
  }
}
