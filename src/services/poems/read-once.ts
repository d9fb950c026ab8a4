import { constants, open, type FileHandle } from "node:fs/promises";
import type { Clock } from "../../time/clock.ts";
import { later } from "../../deferred/later.ts";
import { collect } from "../../protocols/one-shot.ts";

export interface ReadOnceOptions {
  readonly clock: Clock;
  /** Bytes of the longest content. */
  readonly limit: number;
  /** Told, once, that the file is a pipe or a terminal with nothing in it yet, and somebody who may still write to it. */
  readonly waiting: () => void;
}

const PIECE = 1024 * 1024;

/** Milliseconds until a pipe is looked at again. */
const LOOK_AGAIN_MS = 50;

/** Else a FIFO that nobody writes to would hold us for ever. Such a one is empty now. */
const READ = constants.O_RDONLY | constants.O_NONBLOCK;

/** All that there is in a file of any kind. Fails with TooLongError at the first byte over the limit. */
export async function readOnce(
  path: string,
  { clock, limit, waiting }: ReadOnceOptions,
): Promise<Uint8Array> {
  await using handle = await open(path, READ);
  const content = collect(limit);
  let isWaiting = false;
  for (;;) {
    const piece = await readPiece(handle);
    if (piece === "nothing yet") {
      if (!isWaiting) waiting();
      isWaiting = true;
      await later(LOOK_AGAIN_MS, clock);
    } else if (piece.length === 0) {
      return content.end();
    } else {
      content.take(piece);
    }
  }
}

async function readPiece(handle: FileHandle): Promise<Uint8Array | "nothing yet"> {
  const piece = new Uint8Array(PIECE); // A new one each time: it is kept.
  try {
    const { bytesRead } = await handle.read(piece, 0, PIECE, null);
    return piece.subarray(0, bytesRead);
  } catch (error) {
    if ((error as { code?: string }).code === "EAGAIN") return "nothing yet";
    throw error;
  }
}
