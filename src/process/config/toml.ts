import type { Place } from "./place.ts";
import { Scanner, TomlError, type Mistake } from "./scanner.ts";
import {
  readKey,
  readKeyOfPair,
  readValue,
  skipBlanks,
  skipComment,
  skipLineEnd,
  type TomlName,
  type TomlPair,
  type TomlValue,
} from "./toml-values.ts";

/** A table, however it was written: `[a.b]`, `a.b.key = …` or `a = { b = … }`. */
export class TomlTable {
  readonly kind = "table";
  readonly entries = new Map<string, TomlEntry>();

  /**
   * @param at the place of its name
   * @param madeBy its own header, that of a table inside it, a dotted key, or braces: decides who may add to it
   */
  constructor(
    readonly at: Place,
    public madeBy: "header" | "path" | "dots" | "braces",
  ) {}
}

/** An entry of a table. */
export interface TomlEntry {
  /** The place of its name. */
  readonly at: Place;
  readonly value: Exclude<TomlValue, { readonly kind: "table" }> | TomlTable;
}

/** A parsed text. It is usable in spite of mistakes, as far as it was understood. */
export interface TomlDocument {
  readonly root: TomlTable;
  /** Headers that repeat a table: its path, and what stands below the repeated header. */
  readonly repeated: readonly { readonly path: readonly string[]; readonly table: TomlTable }[];
  /** All mistakes, in the order of the text. */
  readonly mistakes: readonly Mistake[];
}

const BYTE_ORDER_MARK = "\ufeff";

/**
 * Reads TOML 1.0, with the place of every name and value. Unlike existing parsers it does not stop at the first
 * mistake, but reports all. Arrays of tables count as mistakes, because no setting is one.
 */
export function parseToml(text: string): TomlDocument {
  return allOf(readingToml(text));
}

/** Like `parseToml`, one statement per step. */
export function readingToml(text: string): Generator<void, TomlDocument> {
  return new Reader(text).read();
}

/** Runs a generator to its end without a pause, and returns its result. */
export function allOf<T>(steps: Generator<void, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** Reads statement by statement; after a mistake it continues on the next line. */
class Reader {
  readonly #scanner: Scanner;
  readonly #root: TomlTable;
  readonly #repeated: { path: string[]; table: TomlTable }[] = [];
  readonly #mistakes: Mistake[] = [];
  /** The table of the last header. */
  #current: TomlTable;

  constructor(text: string) {
    this.#scanner = new Scanner(text);
    if (text.startsWith(BYTE_ORDER_MARK)) this.#scanner.offset = 1;
    this.#root = new TomlTable(this.#scanner.place(), "header");
    this.#current = this.#root;
  }

  *read(): Generator<void, TomlDocument> {
    const scanner = this.#scanner;
    while (!scanner.isAtEnd) {
      try {
        this.#readStatement();
      } catch (error) {
        if (!(error instanceof TomlError)) throw error;
        this.#mistakes.push({ at: scanner.place(error.offset), text: error.message });
        scanner.offset = error.next;
      }
      yield;
    }
    return { root: this.#root, repeated: this.#repeated, mistakes: this.#mistakes };
  }

  #readStatement(): void {
    const scanner = this.#scanner;
    skipBlanks(scanner);
    if (scanner.sees("[")) this.#readHeader();
    else if (!/[#\r\n]|^$/.test(scanner.restOfLine().charAt(0))) this.#readPair();
    skipBlanks(scanner);
    skipComment(scanner);
    if (!skipLineEnd(scanner) && !scanner.isAtEnd) scanner.fail("expected the end of the line");
  }

  #readPair(): void {
    const scanner = this.#scanner;
    const key = readKeyOfPair(scanner);
    const at = scanner.place();
    let value: TomlValue = { kind: "broken", at };
    try {
      value = readValue(scanner);
    } finally {
      this.#enter(this.#current, { key, value }); // Even a broken one, so that nobody complains that it is missing.
    }
  }

  #readHeader(): void {
    const scanner = this.#scanner;
    this.#current = new TomlTable(scanner.place(), "header"); // Takes the lines below if the header is invalid.
    const isArray = scanner.skip("[[");
    if (!isArray) scanner.skip("[");
    const start = scanner.offset;
    const names = readKey(scanner);
    if (!scanner.skip(isArray ? "]]" : "]")) scanner.fail("expected ] after the name of a table");
    if (isArray) {
      const written = scanner.text.slice(start, scanner.offset - 2).trim();
      scanner.fail(`expected a table, [${written}]: arrays of tables are not supported`, start - 2);
    }
    this.#openTable(names);
  }

  /** Makes the table of a header current: a table may have one header, before or after those of tables inside it. */
  #openTable(names: readonly TomlName[]): void {
    let table = this.#root;
    for (const { name, at } of names.slice(0, -1)) {
      const found = table.entries.get(name);
      if (!found) table = addTable(table, name, new TomlTable(at, "path"));
      else if (found.value instanceof TomlTable && found.value.madeBy !== "braces") table = found.value;
      else return this.#note(at, alreadyDefined(name, found));
    }
    const { name, at } = names.at(-1) as TomlName;
    const found = table.entries.get(name);
    if (!found) this.#current = addTable(table, name, new TomlTable(at, "header"));
    else if (found.value instanceof TomlTable && found.value.madeBy === "path") {
      found.value.madeBy = "header";
      this.#current = found.value;
    } else {
      this.#note(at, alreadyDefined(name, found));
      if (found.value instanceof TomlTable)
        this.#repeated.push({ path: names.map((each) => each.name), table: this.#current });
    }
  }

  /** Enters a pair, and creates the tables on the way of a dotted key. */
  #enter(into: TomlTable, { key, value }: TomlPair): void {
    let table = into;
    for (const { name, at } of key.slice(0, -1)) {
      const found = table.entries.get(name);
      if (!found) table = addTable(table, name, new TomlTable(at, "dots"));
      else if (found.value instanceof TomlTable && found.value.madeBy === "dots") table = found.value;
      else return this.#note(at, alreadyDefined(name, found));
    }
    const { name, at } = key.at(-1) as TomlName;
    const found = table.entries.get(name);
    if (found) return this.#note(at, alreadyDefined(name, found));
    if (value.kind !== "table") return void table.entries.set(name, { at, value });
    const braces = addTable(table, name, new TomlTable(at, "dots")); // Open for its own pairs only.
    for (const pair of value.pairs) this.#enter(braces, pair);
    close(braces);
  }

  #note(at: Place, text: string): void {
    this.#mistakes.push({ at, text });
  }
}

function addTable(table: TomlTable, name: string, added: TomlTable): TomlTable {
  table.entries.set(name, { at: added.at, value: added });
  return added;
}

/** Closes an inline table, and those inside it: TOML does not allow them to be extended. */
function close(table: TomlTable): void {
  table.madeBy = "braces";
  for (const { value } of table.entries.values()) if (value instanceof TomlTable) close(value);
}

function alreadyDefined(name: string, { at }: TomlEntry): string {
  return `"${name}" is already defined in line ${at.line}`;
}
