import { placeFinder, type Place } from "./place.ts";

/** A mistake in a TOML text. */
export interface Mistake {
  readonly at: Place;
  readonly text: string;
}

/** A violation of TOML's grammar. */
export class TomlError extends Error {
  override readonly name = "TomlError";

  /**
   * @param offset the place of the mistake
   * @param next where reading continues, so that later mistakes are found, too
   */
  constructor(
    readonly offset: number,
    readonly next: number,
    message: string,
  ) {
    super(message);
  }
}

/** A text, and how far it has been read. Offsets count UTF-16 code units. */
export class Scanner {
  readonly text: string;
  offset = 0;
  readonly #placeOf: (offset: number) => Place;

  constructor(text: string) {
    this.text = text;
    this.#placeOf = placeFinder(text);
  }

  get isAtEnd(): boolean {
    return this.offset >= this.text.length;
  }

  /** The place of the current position, or of `offset`. */
  place(offset = this.offset): Place {
    return this.#placeOf(offset);
  }

  /** Whether `word` is next. */
  sees(word: string): boolean {
    return this.text.startsWith(word, this.offset);
  }

  /** Consumes `word` if it is next. */
  skip(word: string): boolean {
    if (!this.sees(word)) return false;
    this.offset += word.length;
    return true;
  }

  /** Consumes and returns what the sticky `pattern` matches here; "" if it does not match. */
  take(pattern: RegExp): string {
    pattern.lastIndex = this.offset;
    const taken = pattern.exec(this.text)?.[0] ?? "";
    this.offset += taken.length;
    return taken;
  }

  /** The rest of the line, without its end; consumes nothing. */
  restOfLine(): string {
    const end = this.text.indexOf("\n", this.offset);
    return this.text.slice(this.offset, end === -1 ? undefined : end).replace(/\r$/, "");
  }

  /** The offset of the line after the one that contains `offset`. */
  nextLine(offset = this.offset): number {
    const end = this.text.indexOf("\n", offset);
    return end === -1 ? this.text.length : end + 1;
  }

  /** @throws {TomlError} always; by default reading continues on the line after the mistake */
  fail(message: string, offset = this.offset, next = this.nextLine(offset)): never {
    throw new TomlError(offset, next, message);
  }
}
