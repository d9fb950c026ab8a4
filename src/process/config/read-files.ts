import { constants } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { describeSystemError } from "../../net/errors.ts";
import { UsageError } from "../../settings/setting.ts";
import { readingConfigFile, type ConfigFile } from "./config-file.ts";

/** Called now and then in long work; returns a promise if it is time to wait for the next turn of the event loop. */
export type Pause = () => PromiseLike<void> | undefined;

/** The longest file, in bytes: more than anybody writes by hand. */
const MOST_BYTES = 4 * 1024 * 1024;

/**
 * Reads configuration files.
 *
 * @param paths files, and directories whose *.toml are read in byte order
 * @param pause called between the steps of reading
 * @throws {UsageError} for the first file that is missing or cannot be read
 */
export async function readConfigFiles(paths: readonly string[], pause?: Pause): Promise<ConfigFile[]> {
  const files: ConfigFile[] = [];
  for (const path of paths) for (const file of await filesOf(path)) files.push(await readOne(file, pause));
  return files;
}

async function filesOf(path: string): Promise<string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const names = (await readdir(path)).filter((name) => name.endsWith(".toml") && !name.startsWith("."));
    if (names.length === 0) throw new Error("it contains no *.toml");
    return names.toSorted(byBytes).map((name) => join(path, name));
  } catch (error) {
    throw cannotRead(path, error);
  }
}

async function readOne(path: string, pause: Pause | undefined): Promise<ConfigFile> {
  try {
    // O_NONBLOCK, because opening a named pipe without a writer would block.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const bytes = new Uint8Array(MOST_BYTES + 1);
      let length = 0;
      for (;;) {
        const { bytesRead } = await handle.read(bytes, length, bytes.length - length);
        length += bytesRead;
        if (length > MOST_BYTES) throw new Error(`it is longer than ${MOST_BYTES} bytes`);
        if (bytesRead === 0)
          return await inSlices(readingConfigFile(path, decoded(bytes.subarray(0, length))), pause);
      }
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw cannotRead(path, error);
  }
}

async function inSlices<T>(steps: Generator<void, T>, pause: Pause | undefined): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    const turn = pause?.();
    if (turn) await turn;
  }
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new Error("it is not UTF-8", { cause: error });
  }
}

function cannotRead(path: string, error: unknown): UsageError {
  return new UsageError(`Cannot read ${path}: ${describeSystemError(error)}`, { cause: error });
}

/** Byte order, so that the order of files does not depend on the locale. */
function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
