import type { Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
import { inSteps } from "../in-steps.ts";
import type { Clock } from "../../time/clock.ts";

/** A file that may be a poem, judging by its name. */
export interface Named {
  readonly file: string;
  /** Whether the file is a link, whose target may lie elsewhere or not be a poem. */
  readonly isLink: boolean;
}

/** The files of a directory by folded title, in the order of the file names. */
export type Names = ReadonlyMap<string, Named>;

/** `Title.txt`, not hidden. */
const POEM = /^[^.].*\.txt$/su;

/** Characters that titles must not contain: such a poem could not be listed on one line, or not be requested. */
const UNSAYABLE: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/\p{Cc}/u, "its name contains control characters"],
  [/\uFFFD/u, "its name is not UTF-8"], // Node decodes invalid bytes to U+FFFD, in names as well as in requests.
];

/** How many names are checked per turn of the event loop, in half a millisecond. */
const IN_A_TURN = 256;

/** Options of PoemNames. */
export interface PoemNamesOptions {
  readonly directory: string;
  readonly clock: Pick<Clock, "nextTurn">;
  /** Called for each file that looks like a poem but is not served; once, until the file has gone. */
  readonly skipped: (file: string, reason: string) => void;
}

/** Reads the names of a directory's poems. */
export class PoemNames {
  readonly #options: PoemNamesOptions;
  #told = new Set<string>();

  constructor(options: PoemNamesOptions) {
    this.#options = options;
  }

  /** If two files have the same title, the first by name counts (capitals come first). */
  async read(): Promise<Names> {
    const { directory, clock } = this.#options;
    const entries = await readdir(directory, { withFileTypes: true });
    return await inSteps(this.#name(entries), clock);
  }

  *#name(entries: readonly Dirent[]): Generator<void, Names> {
    const files: string[] = [];
    const links = new Set<string>();
    for (const [at, entry] of entries.entries()) {
      if (at % IN_A_TURN === IN_A_TURN - 1) yield;
      if (!POEM.test(entry.name)) continue;
      if (entry.isSymbolicLink()) links.add(entry.name);
      else if (!entry.isFile()) continue;
      files.push(entry.name);
    }
    if (this.#told.size > 0) this.#told = this.#told.intersection(new Set(files));
    const names = new Map<string, Named>();
    for (const [at, file] of files.toSorted().entries()) {
      if (at % IN_A_TURN === IN_A_TURN - 1) yield;
      const title = fold(titleOf(file));
      const reason = whyNot(file, names.get(title));
      if (reason) this.skip(file, reason);
      else names.set(title, { file, isLink: links.has(file) });
    }
    return names;
  }

  /** Reports that `file` is not served, unless that was reported before and the file has existed ever since. */
  skip(file: string, reason: string): void {
    if (this.#told.has(file)) return;
    this.#told.add(file);
    this.#options.skipped(file, reason);
  }
}

/** Why a file is not served; `first` has the same title and comes before it. */
function whyNot(file: string, first: Named | undefined): string | undefined {
  const unsayable = UNSAYABLE.find(([pattern]) => pattern.test(file));
  return unsayable?.[1] ?? (first && `same title as ${first.file}`);
}

/** The title of a poem in a file `Title.txt`. */
export function titleOf(file: string): string {
  return file.slice(0, -".txt".length);
}

/** The same for titles that look the same to people: ignores case and how "ì" is encoded (as one character or two). */
export function fold(title: string): string {
  return title.normalize("NFC").toLowerCase();
}
