import { placeFinder, type Place } from "./place.ts";

/** A mistake in a text, and its place. */
export interface Mistake {
  readonly at: Place;
  readonly text: string;
}

/** A violation of the grammar. */
export class TomlError extends Error {
  override readonly name = "TomlError";

  /**
   * @param offset where it is
   * @param next where to go on reading
   */
  constructor(
    readonly offset: number,
    readonly next: number,
    message: string,
  ) {
    super(message);
  }
}

/** A text, and how far it has been read. */
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

  /** Here, or at an offset. */
  place(offset = this.offset): Place {
    return this.#placeOf(offset);
  }

  /** Whether `word` is next. */
  sees(word: string): boolean {
    return this.text.startsWith(word, this.offset);
  }

  /** Takes `word` if it is next. */
  skip(word: string): boolean {
    if (!this.sees(word)) return false;
    this.offset += word.length;
    return true;
  }

  /** Takes what the sticky `pattern` matches here; "" if it does not match. */
  take(pattern: RegExp): string {
    pattern.lastIndex = this.offset;
    const taken = pattern.exec(this.text)?.[0] ?? "";
    this.offset += taken.length;
    return taken;
  }

  /** What is left of the line. */
  restOfLine(): string {
    const end = this.text.indexOf("\n", this.offset);
    return this.text.slice(this.offset, end === -1 ? undefined : end).replace(/\r$/, "");
  }

  /** The start of the line after the one with `offset`. */
  nextLine(offset = this.offset): number {
    const end = this.text.indexOf("\n", offset);
    return end === -1 ? this.text.length : end + 1;
  }

  /** @throws {TomlError} always; by default reading continues on the line after the mistake */
  fail(message: string, offset = this.offset, next = this.nextLine(offset)): never {
    throw new TomlError(offset, next, message);
  }
}
