import { open, lstat, realpath, rename, stat, unlink, writeFile } from "node:fs/promises";
import type { Stats } from "node:fs";
import { fromPromise, succeed, type Deferred } from "../../deferred/mod.ts";
import { OutputError, type Output } from "./output.ts";

/** A file that is written once all poems have arrived, and only as a whole: otherwise it stays unchanged. */
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

/** Descriptors and devices are written to, not replaced. */
const WRITTEN_TO = /^\/(dev|proc)\//;

async function write(path: string, parts: readonly Uint8Array[]): Promise<void> {
  const old = await orUndefined(stat(path));
  const leadsNowhere = !old && (await orUndefined(lstat(path)));
  if (leadsNowhere || (old && !old.isFile()) || WRITTEN_TO.test(path)) {
    await writeFile(path, Buffer.concat(parts));
  } else {
    await replace(old ? await realpath(path) : path, old, parts);
  }
}

/** Writes a new file and then renames it over the old one, which a full disk must not destroy. */
async function replace(path: string, old: Stats | undefined, parts: readonly Uint8Array[]): Promise<void> {
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  const aside = `${folder}.poetry-${Math.random().toString(36).slice(2)}`;
  try {
    await using file = await open(aside, "wx");
    for (const part of parts) await file.writeFile(part);
    if (old) {
      await file.chown(old.uid, old.gid).catch(() => {}); // Only root can; for others the new file is theirs.
      await file.chmod(old.mode & 0o777);
    }
    await file.sync(); // Some file systems only report now that they are full.
    await rename(aside, path);
  } catch (error) {
    await unlink(aside).catch(() => {});
    throw error;
  }
}

async function orUndefined(found: Promise<Stats>): Promise<Stats | undefined> {
  try {
    return await found;
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return undefined;
    throw error;
  }
}
