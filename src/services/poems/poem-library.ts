import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { Cache, type Loaded } from "../../cache/cache.ts";
import type { Clock } from "../../time/clock.ts";
import { fromPromise, type Deferred } from "../../deferred/mod.ts";
import type { Ending, EndsConnection } from "../../net/ending.ts";
import { describeSystemError } from "../../net/errors.ts";
import { locate, openFile, type OpenFile } from "./poem-file.ts";

export interface PoemLibraryOptions {
  readonly directory: string;
  readonly clock: Clock;
  /** Told of a file that looks like a poem and is not served: once, as long as it is there. */
  readonly skipped: (file: string, reason: string) => void;
}

/** Something that should be there cannot be read. */
export class LibraryError extends Error implements EndsConnection {
  override readonly name = "LibraryError";
  readonly ending: Ending = "proxy/poem/unreadable";

  constructor(path: string, cause: unknown) {
    super(`Cannot read ${path}: ${describeSystemError(cause)}`, { cause });
  }
}

/** A poem as it was read. */
interface KeptPoem extends Loaded {
  readonly poem: Uint8Array;
}

/** Bytes of the longest poem, and of all poems kept for the next who asks. */
const LONGEST = 64 * 1024 * 1024;
const KEPT = 64 * 1024 * 1024;

/** `Title.txt`: not hidden, and no control characters, which would forge lines of the list. */
const POEM = /^[^.\p{Cc}]\P{Cc}*\.txt$/u;

/**
 * The poems of a directory by title: the name of a file without `.txt`, in any case. The directory is looked at for each
 * question, as poems come and go. What is asked for is only compared with the names that are there and never becomes part
 * of a path, so that no title leads out of the directory; links may, and are not followed there.
 *
 * Of two files with the same title the first by name is served (capitals come first).
 */
export class PoemLibrary {
  readonly #options: PoemLibraryOptions;
  /** Poems by version of their file: who asks for the same one shares it, however slowly it is sent. */
  readonly #poems: Cache<OpenFile, KeptPoem>;
  #told = new Set<string>();

  constructor(options: PoemLibraryOptions) {
    this.#options = options;
    let count = 0;
    const lifetime = { ttl: Infinity, grace: 0 };
    this.#poems = new Cache(
      { clock: options.clock, maxBytes: KEPT, maxEntries: Infinity, weigh: ({ poem }) => poem.byteLength },
      (file) => fromPromise(file.read()).addCallback((poem) => ({ poem, lifetime, age: 0, number: ++count })),
    );
  }

  get directory(): string {
    return this.#options.directory;
  }

  /** The titles, as the files spell them, in the order of the files' names. Fails with LibraryError. */
  titles(): Deferred<string[]> {
    return fromPromise(this.#titles());
  }

  /** The poem with that title, if there is one. Fails with LibraryError. */
  find(title: string): Deferred<Uint8Array | undefined> {
    return fromPromise(this.#find(title));
  }

  async #titles(): Promise<string[]> {
    const files = [...(await this.#files()).values()];
    const paths = await Promise.all(files.map((file) => this.#locate(file)));
    return files.filter((_, index) => paths[index] !== undefined).map(titleOf);
  }

  async #find(title: string): Promise<Uint8Array | undefined> {
    const file = (await this.#files()).get(fold(title));
    const path = file === undefined ? undefined : await this.#locate(file);
    return path === undefined ? undefined : reading(path, this.#read(path));
  }

  async #read(path: string): Promise<Uint8Array | undefined> {
    await using file = await openFile(path);
    if (!file) return undefined;
    if (file.size > LONGEST) throw new Error(`longer than ${LONGEST} bytes`);
    return (await this.#poems.get(file.version, file).answer).value.poem;
  }

  /** The file for each title, folded. */
  async #files(): Promise<Map<string, string>> {
    const entries = await reading(this.directory, readdir(this.directory, { withFileTypes: true }));
    const names = entries
      .filter((entry) => POEM.test(entry.name) && (entry.isFile() || entry.isSymbolicLink()))
      .map((entry) => entry.name)
      .toSorted();
    this.#told = this.#told.intersection(new Set(names));
    const files = new Map<string, string>();
    for (const name of names) {
      const title = fold(titleOf(name));
      const first = files.get(title);
      if (first === undefined) files.set(title, name);
      else this.#skip(name, `its title is that of ${first}`);
    }
    return files;
  }

  async #locate(file: string): Promise<string | undefined> {
    const place = await reading(join(this.directory, file), locate(this.directory, file));
    if (place.kind === "outside") this.#skip(file, `it leads out of ${this.directory}`);
    return place.kind === "file" ? place.path : undefined;
  }

  #skip(file: string, reason: string): void {
    if (this.#told.has(file)) return;
    this.#told.add(file);
    this.#options.skipped(file, reason);
  }
}

function titleOf(file: string): string {
  return file.slice(0, -".txt".length);
}

/** What titles have in common that are the same to people: one "ì" may be one character or two. */
function fold(title: string): string {
  return title.normalize("NFC").toLowerCase();
}

async function reading<T>(path: string, result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (error) {
    throw new LibraryError(path, error);
  }
}
