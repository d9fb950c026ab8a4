import { open, lstat, realpath, rename, stat, unlink, writeFile } from "node:fs/promises";
import type { Stats } from "node:fs";
import { fromPromise, succeed, type Deferred } from "../../deferred/mod.ts";
import { OutputError, type Output } from "./output.ts";

/** A file that is written only once all poems have arrived, and as a whole: if anything fails, it stays unchanged. */
export class FileOutput implements Output {
  readonly #path: string;
  readonly #parts: Uint8Array[] = [];

  constructor(path: string) {
    this.#path = path;
  }

  take(bytes: Uint8Array): void {
    this.#parts.push(bytes);
  }

  finish(isComplete: boolean): Deferred<void> {
    if (!isComplete) return succeed<void>(undefined);
    return fromPromise(write(this.#path, this.#parts)).addErrback((failure) => {
      throw new OutputError(this.#path, failure.as(Error));
    });
  }
}

/** Devices and descriptors (/dev/stdout) are written to, not replaced. */
const WRITTEN_TO = /^\/(dev|proc)\//;

/** Follows symbolic links; a dangling one is written through, and so creates its target. */
async function write(path: string, parts: readonly Uint8Array[]): Promise<void> {
  const old = await orUndefined(stat(path));
  const isDangling = !old && (await orUndefined(lstat(path)));
  if (isDangling || (old && !old.isFile()) || WRITTEN_TO.test(path)) {
    await writeFile(path, Buffer.concat(parts));
  } else {
    await replace(old ? await realpath(path) : path, old, parts);
  }
}

/** Writes a new file beside the old one and renames it, so that a full disk or a crash leaves the old one intact. */
async function replace(path: string, old: Stats | undefined, parts: readonly Uint8Array[]): Promise<void> {
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  const aside = `${folder}.poetry-${Math.random().toString(36).slice(2)}`;
  try {
    await using file = await open(aside, "wx");
    for (const part of parts) await file.writeFile(part);
    if (old) {
      await file.chown(old.uid, old.gid).catch(() => {}); // Only root may; otherwise the file belongs to the user.
      await file.chmod(old.mode & 0o777);
    }
    await file.sync(); // Some file systems only report now that they are full.
    await rename(aside, path);
  } catch (error) {
    await unlink(aside).catch(() => {});
    throw error;
  }
}

/** The result; undefined if there is no such file. */
async function orUndefined(found: Promise<Stats>): Promise<Stats | undefined> {
  try {
    return await found;
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return undefined;
    throw error;
  }
}
