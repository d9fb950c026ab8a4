import { constants, open, readlink, type FileHandle } from "node:fs/promises";
import type { BigIntStats } from "node:fs";
import { join } from "node:path";

/**
 * Linux's O_PATH, which Node does not define: refers to a file without opening it. Opening a device or FIFO can have
 * effects.
 */
const O_PATH = 0o10000000;
const READ = constants.O_RDONLY | constants.O_NONBLOCK;

/** The kernel's link to the file behind a descriptor. */
function heldBy({ fd }: FileHandle): string {
  return `/proc/self/fd/${fd}`;
}

/** A directory to find files in. */
export class Home implements AsyncDisposable {
  readonly #handle: FileHandle;
  readonly #path: string;

  private constructor(handle: FileHandle, path: string) {
    this.#handle = handle;
    this.#path = path;
  }

  static async open(directory: string): Promise<Home> {
    const handle = await open(directory, O_PATH | constants.O_DIRECTORY);
    try {
      return new Home(handle, await readlink(heldBy(handle)));
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /**
   * The file that `name` leads to, following links, if it lies below this directory and is not empty. The file is held
   * first and checked afterwards, so that only the checked file can be read, whatever is renamed meanwhile.
   */
  async find(name: string): Promise<PoemFile | "absent" | "outside"> {
    const handle = await openUnlessGone(join(heldBy(this.#handle), name));
    if (!handle) return "absent";
    let file: PoemFile | undefined;
    try {
      if (!(await readlink(heldBy(handle))).startsWith(join(this.#path, "/"))) return "outside";
      const stats = await handle.stat({ bigint: true });
      if (!stats.isFile() || stats.size === 0n) return "absent";
      return (file = new PoemFile(handle, stats));
    } finally {
      if (!file) await handle.close();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#handle.close();
  }
}

/** A file that is held, with the state it had when found. Has to be disposed of. */
export class PoemFile implements AsyncDisposable {
  readonly #handle: FileHandle;
  readonly #stats: BigIntStats;

  constructor(handle: FileHandle, stats: BigIntStats) {
    this.#handle = handle;
    this.#stats = stats;
  }

  get size(): number {
    return Number(this.#stats.size);
  }

  /** Changes whenever the content does. */
  get version(): string {
    const { dev, ino, ctimeNs } = this.#stats;
    return `${dev}:${ino}:${ctimeNs}:${contentOf(this.#stats)}`;
  }

  /** The whole content. Fails if it changes meanwhile, rather than mixing old and new. */
  async read(): Promise<Uint8Array> {
    await using handle = await open(heldBy(this.#handle), READ);
    const bytes = new Uint8Array(this.size);
    for (let length = 0; length < bytes.length;) {
      const { bytesRead } = await handle.read(bytes, length, bytes.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    const after = await handle.stat({ bigint: true });
    if (contentOf(after) !== contentOf(this.#stats)) throw new Error("it changed while it was read");
    return bytes;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#handle.close();
  }
}

/** Not the change time: replacing a file changes it, but not the content for a process that holds the file. */
function contentOf({ size, mtimeNs }: BigIntStats): string {
  return `${size}:${mtimeNs}`;
}

async function openUnlessGone(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, O_PATH);
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP") return undefined;
    throw error;
  }
}
