import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { FlightTable } from "../../cache/flight.ts";
import { MemoryStore, type Kept } from "../../cache/memory-store.ts";
import type { Clock } from "../../time/clock.ts";
import { DeferredSemaphore, fromPromise, shield, succeed, type Deferred } from "../../deferred/mod.ts";
import type { Ending, EndsConnection } from "../../net/ending.ts";
import { describeSystemError } from "../../net/errors.ts";
import type { Memory } from "../memory.ts";
import { Home, type PoemFile } from "./poem-file.ts";
import { fold, PoemNames, titleOf, type Named, type Names, type PoemNamesOptions } from "./poem-names.ts";
import { Recent } from "./recent.ts";

/** Options of a PoemLibrary. */
export interface PoemLibraryOptions extends PoemNamesOptions {
  readonly clock: Clock;
  /** The longest poem, in bytes. */
  readonly maxPoem: number;
  readonly memory: Memory;
}

/** The titles of a library, one per line. */
export interface TitleList extends Kept {
  readonly titles: number;
  readonly text: Uint8Array;
}

/** The directory, or a poem in it, could not be read. */
export class LibraryError extends Error implements EndsConnection {
  override readonly name = "LibraryError";
  readonly ending: Ending = "proxy/poem/unreadable";

  constructor(path: string, cause: unknown) {
    super(`Cannot read ${path}: ${describeSystemError(cause)}`, { cause });
  }
}

/** A poem that was read. */
export interface Poem extends Kept {
  readonly bytes: Uint8Array;
}

interface KeptPoem extends Poem {
  /** Shared by all readers of one version. */
  readonly number: 0;
}

/** One version of a file never changes. */
const FOREVER = { ttl: Infinity, grace: 0 };

/** Bytes of poems kept for later clients; more if one poem may be longer. */
const KEPT = 64 * 1024 * 1024;

/** How long the names of the directory, and the list of titles, are kept, in milliseconds. */
const LISTED_MS = 1000;

/** How many files are checked in parallel: each takes three descriptors, and clients need some, too. */
const AT_ONCE = 8;

/**
 * The poems of a directory by title: the name of a file without `.txt`, ignoring case. Requests are only compared with
 * existing names and never become part of a path, so that no title can lead out of the directory.
 *
 * Poems come and go: each is opened when it is requested, and the names are read again for an unknown title, or one
 * whose file has gone. A list may be a second old.
 */
export class PoemLibrary {
  readonly #options: PoemLibraryOptions;
  readonly #poemNames: PoemNames;
  readonly #names: Recent<Names>;
  readonly #list: Recent<TitleList>;
  readonly #places = new DeferredSemaphore(AT_ONCE);
  /** Poems by the version of their file, shared by all clients that read the same one, however slowly. */
  readonly #kept: MemoryStore<KeptPoem>;
  readonly #reads: FlightTable<Poem>;

  constructor(options: PoemLibraryOptions) {
    const { clock, directory, maxPoem, memory } = options;
    this.#options = options;
    this.#poemNames = new PoemNames(options);
    this.#names = new Recent(clock, LISTED_MS, () =>
      fromPromise(withPath(directory, this.#poemNames.read())),
    );
    this.#list = new Recent(clock, LISTED_MS, () => this.#listNow());
    this.#kept = new MemoryStore({
      maxBytes: Math.max(KEPT, maxPoem + 4096),
      maxEntries: Infinity,
      weigh: ({ bytes }) => bytes.byteLength,
      makeRoom: (bytes) => memory.budget.makeRoom(bytes),
      dropped: (poem) => memory.unread.dropped(poem, poem.bytes.byteLength),
    });
    memory.budget.shareWith(this.#kept);
    this.#reads = new FlightTable(clock);
  }

  get directory(): string {
    return this.#options.directory;
  }

  /** How many poems there are now. Fails with LibraryError. */
  count(): Deferred<number> {
    return this.#listNow().addCallback(({ titles }) => titles);
  }

  /** The titles, spelt as in the file names, in the order of the file names. Fails with LibraryError. */
  list(): Deferred<TitleList> {
    const { kept } = this.#list;
    return kept ? succeed(kept) : this.#list.current();
  }

  /** The poem with that title, if there is one. Fails with LibraryError. */
  find(title: string): Deferred<Poem | undefined> {
    const wanted = fold(title);
    const { kept } = this.#names;
    return this.#poemOf(kept?.get(wanted)).addCallback(
      (poem) => poem ?? this.#names.next().addCallback((names) => this.#poemOf(names.get(wanted))),
    );
  }

  /**
   * A client that leaves gives up its place in the queue; a running look-up goes on until its descriptors are closed.
   */
  #poemOf(named: Named | undefined): Deferred<Poem | undefined> {
    if (!named) return succeed(undefined);
    return this.#places.acquire().addCallback(() => shield(fromPromise(this.#openInPlace(named))));
  }

  async #openInPlace(named: Named): Promise<Poem | undefined> {
    try {
      return await this.#open(named);
    } finally {
      this.#places.release();
    }
  }

  async #open({ file }: Named): Promise<Poem | undefined> {
    await using home = await withPath(this.directory, Home.open(this.directory));
    const path = join(this.directory, file);
    const found = await withPath(path, this.#look(home, file));
    if (!found) return undefined;
    await using poem = found;
    return await withPath(path, this.#read(poem));
  }

  async #read(file: PoemFile): Promise<Poem> {
    const { maxPoem } = this.#options;
    if (file.size > maxPoem) throw new Error(`longer than ${maxPoem} bytes`);
    const { version } = file;
    const kept = this.#kept.get(version);
    if (kept) return kept.value;
    return await this.#reads.join(version, () => this.#readAndKeep(version, file));
  }

  #readAndKeep(version: string, file: PoemFile): Deferred<Poem> {
    return this.#options.memory.intake.enter(file.size).addCallback((delivery) =>
      fromPromise(file.read())
        .addBoth((outcome) => {
          delivery.close(); // First: as an entry, it is counted again.
          return outcome;
        })
        .addCallback((bytes) => {
          const value: KeptPoem = { bytes, number: 0 };
          this.#kept.put(version, { value, storedAt: 0, lifetime: FOREVER, hits: 0 });
          return value;
        }),
    );
  }

  #listNow(): Deferred<TitleList> {
    return this.#names.next().addCallback((names) => fromPromise(this.#listOf(names)));
  }

  async #listOf(names: Names): Promise<TitleList> {
    await using home = await withPath(this.directory, Home.open(this.directory));
    const all = [...names.values()];
    const areServed: boolean[] = [];
    let next = 0;
    const look = async () => {
      for (let at = next++; at < all.length; at = next++)
        areServed[at] = await this.#isServed(home, all[at] as Named);
    };
    const looks = await Promise.allSettled(Array.from({ length: AT_ONCE }, look)); // All: `home` is closed next.
    const failed = looks.find((each) => each.status === "rejected");
    if (failed) throw failed.reason;
    const titles = all.filter((_, at) => areServed[at]).map(({ file }) => titleOf(file));
    return {
      titles: titles.length,
      text: new TextEncoder().encode(titles.map((each) => `${each}\n`).join("")),
    };
  }

  async #isServed(home: Home, { file, isLink }: Named): Promise<boolean> {
    const path = join(this.directory, file);
    try {
      if (isLink) {
        await using found = await this.#look(home, file);
        return found !== undefined;
      }
      const stats = await lstat(path);
      return stats.isFile() && stats.size > 0;
    } catch (error) {
      if ((error as { code?: string }).code === "ENOENT") return false;
      throw new LibraryError(path, error);
    }
  }

  async #look(home: Home, file: string): Promise<PoemFile | undefined> {
    const found = await home.find(file);
    if (found === "outside") this.#poemNames.skip(file, "it links outside the directory");
    return typeof found === "string" ? undefined : found;
  }
}

/** Turns the failure of `result` into a LibraryError that names `path`. */
async function withPath<T>(path: string, result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (error) {
    throw new LibraryError(path, error);
  }
}
