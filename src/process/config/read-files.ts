import { constants } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { describeSystemError } from "../../net/errors.ts";
import { placeOfPath } from "../../net/system/place.ts";
import { UsageError } from "../../settings/setting.ts";
import { readingConfigFile, type ConfigFile } from "./config-file.ts";

/** Called now and then in long work; returns a promise if it is time to wait for the next turn of the event loop. */
export type Pause = () => PromiseLike<void> | undefined;

/** The longest file, in bytes: more than anybody writes by hand. */
const MOST_BYTES = 4 * 1024 * 1024;

/** A file, or a directory, that cannot be read. */
interface Unread {
  readonly file: string;
  readonly reason: string;
}

/**
 * Reads configuration files. One that cannot be read is among the complaints, beside the mistakes in others.
 *
 * @param paths files, and directories whose *.toml are read in byte order
 * @param pause called between the steps of reading
 * @throws {UsageError} if there is only one file, and it cannot be read
 */
export async function readConfigFiles(paths: readonly string[], pause?: Pause): Promise<ConfigFile[]> {
  const all: (ConfigFile | Unread)[] = [];
  const known = new Map<string, string>();
  for (const path of paths) {
    const files = await orUnread(path, filesOf(path));
    if ("reason" in files) all.push(files);
    else for (const file of files) all.push(repeated(file, known) ?? (await readOne(file, pause)));
  }
  const [only, ...others] = all;
  if (only && others.length === 0 && "reason" in only)
    throw new UsageError(`Cannot read ${only.file}: ${only.reason}`);
  return all.map((each) =>
    "reason" in each ? onlyMistaken(each.file, `cannot be read: ${each.reason}`) : each,
  );
}

/** Stands for a file that has been read already, perhaps by another name: two services of one name would be the same. */
function repeated(file: string, known: Map<string, string>): ConfigFile | undefined {
  const place = placeOfPath(file);
  const first = known.get(place);
  known.set(place, first ?? file);
  return first === undefined ? undefined : onlyMistaken(file, `it is the same file as ${first}`);
}

async function filesOf(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => name.endsWith(".toml") && !name.startsWith("."));
  if (names.length === 0) throw new Error("it contains no *.toml");
  return names.toSorted(byBytes).map((name) => join(path, name));
}

async function readOne(path: string, pause: Pause | undefined): Promise<ConfigFile | Unread> {
  const text = await orUnread(path, textOf(path));
  return typeof text === "string" ? inSlices(readingConfigFile(path, text), pause) : text;
}

async function textOf(path: string): Promise<string> {
  // O_NONBLOCK, because opening a named pipe without a writer would block.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const bytes = new Uint8Array(MOST_BYTES + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await handle.read(bytes, length, bytes.length - length);
      length += bytesRead;
      if (length > MOST_BYTES) throw new Error(`it is longer than ${MOST_BYTES} bytes`);
      if (bytesRead === 0) return decoded(bytes.subarray(0, length));
    }
  } finally {
    await handle.close();
  }
}

/** What is read, or why it cannot be. */
async function orUnread<T>(file: string, reading: Promise<T>): Promise<T | Unread> {
  try {
    return await reading;
  } catch (error) {
    return { file, reason: describeSystemError(error) };
  }
}

/** Stands for a file that is not read, because of a mistake. */
function onlyMistaken(file: string, text: string): ConfigFile {
  return { file, services: [], defaults: [], process: new Map(), complaints: [{ file, text }] };
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

/** Byte order, so that the order of files does not depend on the locale. */
function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
