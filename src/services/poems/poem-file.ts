import { constants, lstat, open, realpath, type FileHandle } from "node:fs/promises";
import type { BigIntStats } from "node:fs";
import { join } from "node:path";

/** Never waits for a FIFO's writer; never follows a link that was put there after we looked. */
const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** What a name in a directory leads to: nothing to read, something elsewhere, or the path of a file with content. */
export type Place =
  { readonly kind: "absent" | "outside" } | { readonly kind: "file"; readonly path: string };

/** Follows `name`, links included, as long as it stays below `directory`. Opens nothing: that alone can move a tape. */
export async function locate(directory: string, name: string): Promise<Place> {
  try {
    const [home, path] = await Promise.all([realpath(directory), realpath(join(directory, name))]);
    if (!path.startsWith(join(home, "/"))) return { kind: "outside" };
    const found = await lstat(path);
    return found.isFile() && found.size > 0 ? { kind: "file", path } : { kind: "absent" };
  } catch (error) {
    if (isGone(error)) return { kind: "absent" };
    throw error;
  }
}

/** A file that is open, as it was then. */
export interface OpenFile extends AsyncDisposable {
  readonly size: number;
  /** The same as long as the content is. */
  readonly version: string;
  /** All of it. Fails if it changes meanwhile: nobody is to get half of the old and half of the new. */
  read(): Promise<Uint8Array>;
}

/** Opens the file at a path that `locate` gave; undefined if it has gone since, or has no content any more. */
export async function openFile(path: string): Promise<OpenFile | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(path, READ);
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
  const stats = await handle.stat({ bigint: true });
  if (!stats.isFile() || stats.size === 0n) {
    await handle.close();
    return undefined;
  }
  return {
    size: Number(stats.size),
    version: `${stats.dev}:${stats.ino}:${stats.ctimeNs}:${contentOf(stats)}`,
    read: () => readWhole(handle, stats),
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

async function readWhole(handle: FileHandle, before: BigIntStats): Promise<Uint8Array> {
  const bytes = new Uint8Array(Number(before.size));
  for (let length = 0; length < bytes.length;) {
    const { bytesRead } = await handle.read(bytes, length, bytes.length - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  const after = await handle.stat({ bigint: true });
  if (contentOf(after) !== contentOf(before)) throw new Error("it changed while it was read");
  return bytes;
}

/** Not the change time: a file that is replaced by another is still whole for us who have it open. */
function contentOf({ size, mtimeNs }: BigIntStats): string {
  return `${size}:${mtimeNs}`;
}

function isGone(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP";
}
