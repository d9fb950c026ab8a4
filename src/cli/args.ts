import { closest, distance } from "fastest-levenshtein";
import { parseArgs } from "node:util";
import { isText } from "./exact-arguments.ts";

/** A flag or a positional argument: what help says about it, and how its text becomes a value. */
export interface Arg<T = unknown> {
  readonly kind: "option" | "options" | "switch" | "positional" | "positionals";
  readonly description: string;
  /** What stands for the value in help, such as DURATION. */
  readonly hint?: string;
  /** One letter, or another full name. */
  readonly alias?: string;
  /** What stands in when the argument is absent; a positional without it is required. */
  readonly default?: string | readonly string[] | undefined;
  /** Whether it may be any bytes; by default it is text, in UTF-8. */
  readonly takesBytes?: boolean;
  /** @throws {SyntaxError} saying what was expected */
  readonly parse: (text: string) => T;
}

export type Args = Readonly<Record<string, Arg>>;

/** The values of a table of arguments. */
export type Values<A extends Args> = {
  readonly [Name in keyof A]: A[Name] extends Arg<infer T> ? T : never;
};

/** The command line makes no sense: what is wrong, and what was expected. Exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** A flag with a value. */
export function option<T>(arg: Omit<Arg<T>, "kind"> & { readonly default: string }): Arg<T>;
export function option<T>(arg: Omit<Arg<T>, "kind" | "default">): Arg<T | undefined>;
export function option<T>(arg: Omit<Arg<T>, "kind">): Arg<T | undefined> {
  return { ...arg, kind: "option" };
}

/** A flag that may be given several times; its value is a list. */
export function options<T>(arg: Omit<Arg<T>, "kind">): Arg<T[]> {
  return { ...arg, kind: "options" } as Arg as Arg<T[]>;
}

/** A flag that is there or not. */
export function toggle(description: string, alias?: string): Arg<boolean> {
  return { kind: "switch", description, parse: (text) => text === "true", ...(alias && { alias }) };
}

/** The argument of a command. */
export function positional<T>(description: string, parse: (text: string) => T): Arg<T> {
  return { kind: "positional", description, parse };
}

/** One or more arguments of a kind: `parse` reads each. */
export function positionals<T>(description: string, parse: (text: string) => T): Arg<T[]> {
  return { kind: "positionals", description, parse } as Arg as Arg<T[]>;
}

/**
 * Reads a command line.
 *
 * @throws {UsageError} for unknown flags, missing or surplus values, and whatever a parser refuses
 */
export function readArgs<A extends Args>(table: A, argv: readonly string[]): Values<A> {
  const flags: Record<string, { type: "string" | "boolean"; short?: string }> = {};
  const names = new Map<string, string>();
  for (const [name, { kind, alias }] of Object.entries(table)) {
    if (kind === "positional" || kind === "positionals") continue;
    const type = kind === "switch" ? "boolean" : "string";
    flags[name] = alias?.length === 1 ? { type, short: alias } : { type };
    names.set(name, name);
    if (alias === undefined || alias.length === 1) continue; // parseArgs gives the long name for a letter.
    flags[alias] = { type };
    names.set(alias, name);
  }

  const texts = new Map<string, string[]>();
  const words: string[] = [];
  const { tokens } = parseArgs({
    args: [...argv],
    options: flags,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind === "positional") words.push(token.value);
    if (token.kind !== "option") continue;
    const name = names.get(token.name);
    const arg = name === undefined ? undefined : table[name];
    if (!name || !arg)
      throw new UsageError(`Unknown flag ${token.rawName}${didYouMean(token.name, names.keys(), "--")}`);
    if (arg.kind === "switch") {
      if (token.value !== undefined)
        throw new UsageError(`${token.rawName} takes no value, got "${token.value}"`);
      texts.set(name, ["true"]);
    } else {
      const value = token.value;
      const swallowed = !token.inlineValue && value !== undefined && /^--?[A-Za-z]/.test(value);
      if (value === undefined || swallowed)
        throw new UsageError(`${token.rawName} needs a value: ${arg.hint}`);
      texts.set(name, arg.kind === "options" ? [...(texts.get(name) ?? []), value] : [value]);
    }
  }
  takeWords(table, words, texts);
  return Object.fromEntries(
    Object.entries(table).map(([name, arg]) => [name, readValue(name, arg, texts.get(name))]),
  ) as Values<A>;
}

/** " - did you mean X?" if one of `names` is close to `word`, else nothing. */
export function didYouMean(word: string, names: Iterable<string>, prefix = ""): string {
  const candidates = [...names];
  const best = candidates.length > 0 ? closest(word, candidates) : "";
  return best && distance(word, best) <= Math.max(2, best.length / 3)
    ? ` - did you mean ${prefix}${best}?`
    : "";
}

function takeWords(table: Args, words: string[], texts: Map<string, string[]>): void {
  for (const [name, { kind }] of Object.entries(table)) {
    if (kind === "positional" && words.length > 0) texts.set(name, words.splice(0, 1));
    if (kind === "positionals" && words.length > 0) texts.set(name, words.splice(0));
  }
  if (words.length > 0) throw new UsageError(`Unexpected argument "${words[0]}"`);
}

function readValue(name: string, arg: Arg, given: string[] | undefined): unknown {
  const isFlag = arg.kind !== "positional" && arg.kind !== "positionals";
  const label = isFlag ? `--${name}` : name.toUpperCase();
  const texts = given ?? [arg.default ?? []].flat();
  if (texts.length === 0 && !isFlag) throw new UsageError(`Missing argument ${label}: ${arg.description}`);
  const values = texts.map((text) => parseOne(label, arg, text));
  if (arg.kind === "switch") return values[0] ?? false;
  return arg.kind === "positionals" || arg.kind === "options" ? values : values[0];
}

function parseOne(label: string, arg: Arg, text: string): unknown {
  if (!arg.takesBytes && !isText(text)) throw new UsageError(`Bad ${label} "${text}": expected UTF-8`);
  try {
    return arg.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UsageError(`Bad ${label} "${text}": ${error.message}`, { cause: error });
  }
}
