/** What a setting says about itself: the words for it, and how its text becomes a value. */
export interface Row<T = unknown, P extends string = string> {
  /** `value`: --ttl 2h; `list`: may be given several times; `flag`: is there or not; the others have no flag. */
  readonly kind: "value" | "list" | "flag" | "positional" | "positionals";
  /** For `--help` and tables: a sentence without its full stop; the part before the first ";" is enough for `-h`. */
  readonly help: string;
  /** Its name in a file, where that is not the flag's; null: it makes sense on a command line only. */
  readonly key?: string | null;
  /** What stands for the value, such as DURATION; of a positional: the forms it may have. */
  readonly hint?: string;
  /** Another name for the flag: one letter, or a word. */
  readonly alias?: string;
  /** Written as a user would write it; a positional without it is required. */
  readonly default?: string | readonly string[];
  /** What help says of a default that depends on other settings. */
  readonly defaultHelp?: string;
  /** All words that a value may be, or be a list of, where they are few. */
  readonly words?: readonly string[];
  /** The page in docs/ that says more. */
  readonly page?: string;
  /** Whether it may be any bytes; default: text, in UTF-8. */
  readonly takesBytes?: boolean;
  /** Never to be printed. In a file it may be `{ env = "NAME" }` or `{ file = "PATH" }`. */
  readonly secret?: boolean;
  /** Says where a secret is, as `env:NAME` or `file:PATH`. In a file it may be a table as well, as if it were the secret. */
  readonly namesSecret?: boolean;
  /** A path, or one if it begins so: in a file it is relative to the file. */
  readonly isPath?: boolean | "file:" | "unix:";
  /** Its values are names that a running process knows: completion asks it for them. */
  readonly names?: "services" | "upstreams" | "keys";
  /** Its text is a list, separated by this: in a file it may be an array. */
  readonly separator?: string;
  /** Answers depend on it: what was kept under another value is of no use. */
  readonly shapesAnswers?: boolean;
  /** The option that it sets, such as `fetch.timeouts.connect`; absent, and P "": none. */
  readonly sets?: P;
  /** Loads what `parse` needs: called before it, and only if there is a text to parse. */
  readonly prepare?: () => Promise<void>;
  /** @throws {SyntaxError} saying what was expected */
  readonly parse: (text: string) => T;
  /** Of a list: makes one value of all that were parsed; absent: the value is the list. */
  readonly combine?: (values: never[]) => unknown;
  /** Makes the default, if it is what stands, give way to what was given for others. */
  giveWay?(standard: T, others: Others): T;
}

/** A setting in its place: one row for the command line, the file, help and documents. */
export interface Setting<T = unknown, P extends string = string> extends Row<T, P> {
  /** Its name on a command line, without dashes. */
  readonly flag: string;
  readonly key: string | null;
  /** What it is about, as a heading of `--help`. */
  readonly group: string;
}

/** Settings by flag. */
export type Settings = Readonly<Record<string, Setting>>;

/** The other settings, as one of them may ask for them. */
export interface Others {
  /** Whether somebody wrote it, not a preset. */
  isGiven(flag: string): boolean;
  /** Its value, `undefined` if there is no such setting. */
  valueOf(flag: string): unknown;
}

/** Defaults for several settings under one name, written as a user would write them. */
export interface Preset {
  readonly description: string;
  readonly flags: Readonly<Record<string, string | readonly string[]>>;
}

export type Presets = Readonly<Record<string, Preset>>;

/** The settings make no sense: what is wrong, and what was expected. Exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What is wrong with a setting: a sentence without its capital letter and its full stop. */
export interface Complaint {
  readonly flag: string;
  /** Which of several texts of a list it is about. */
  readonly index?: number | undefined;
  readonly text: string;
}

/** A UsageError about one setting. */
export class SettingError extends UsageError {
  constructor(readonly complaint: Complaint) {
    super(complaint.text.charAt(0).toUpperCase() + complaint.text.slice(1));
  }
}

type Described<T, P extends string> = Omit<Row<T, P>, "kind" | "combine">;

/** A setting with one value. */
export function setting<T, const P extends string = "">(
  row: Described<T, P> & { readonly default: string },
): Row<T, P>;
export function setting<T, const P extends string = "">(row: Described<T, P>): Row<T | undefined, P>;
export function setting<T, const P extends string>(row: Described<T, P>): Row<T | undefined, P> {
  return { ...row, kind: "value" };
}

/** A setting that may be given several times: `parse` reads each, its value is all of them, or what `combine` makes of them. */
export function list<T, V, const P extends string = "">(
  row: Described<T, P> & { readonly combine: (values: T[]) => V },
): Row<V, P>;
export function list<T, const P extends string = "">(row: Described<T, P>): Row<T[], P>;
export function list(row: Described<unknown, string>): Row {
  return { ...row, kind: "list" };
}

/** A setting that is there or not. */
export function flag<const P extends string = "">(
  row: Omit<Described<boolean, P>, "parse">,
): Row<boolean, P> {
  return { ...row, kind: "flag", parse: (text) => text === "true" };
}

/** The argument of a command. */
export function positional<T, const P extends string = "">(row: Described<T, P>): Row<T, P> {
  return { ...row, kind: "positional" };
}

/** One or more arguments of a kind: `parse` reads each. */
export function positionals<T, const P extends string = "">(row: Described<T, P>): Row<T[], P> {
  return { ...row, kind: "positionals" } as Row<unknown, P> as Row<T[], P>;
}

/** What of a row does not depend on its types: the compiler would take them from here, and lose P. */
type AnyRow = Pick<Row, "kind" | "key">;

/** Settings about one thing: their flags are the names of the rows. */
export function group<R extends Readonly<Record<string, AnyRow>>>(
  title: string,
  rows: R,
): { readonly [N in keyof R]: R[N] extends Row<infer T, infer P> ? Setting<T, P> : never } {
  const placed = Object.entries(rows).map(([name, row]) => [
    name,
    { ...row, flag: name, key: row.key === undefined ? name : row.key, group: title },
  ]);
  return Object.fromEntries(placed) as ReturnType<typeof group<R>>;
}

/** `giveWay` of a limit on the whole: by default there is none if a part was given a longer one, which it would undo. */
export function unlessLonger(...parts: readonly string[]) {
  return (standard: number, others: Others): number => {
    const given = parts.filter((part) => others.isGiven(part)).map((part) => others.valueOf(part));
    return given.some((limit) => isLimit(limit) && limit > standard) ? 0 : standard;
  };
}

/** Whether a length of time ever ends: 0 and Infinity stand for no limit. */
export function isLimit(time: unknown): time is number {
  return typeof time === "number" && time > 0 && time < Infinity;
}

/** Whether a command line has it as an argument, without a flag. */
export function isArgument({ kind }: Pick<Row, "kind">): boolean {
  return kind === "positional" || kind === "positionals";
}

/** How a command line names a setting: `--ttl`, or `UPSTREAM`. */
export function nameOf(it: Setting): string {
  return isArgument(it) ? it.flag.toUpperCase() : `--${it.flag}`;
}

/** How a file names a setting: `ttl`, or `log.format`. */
export function keyOf(it: Setting): string {
  return it.key ?? it.flag;
}

/** What is written for a setting, with its path, if it is one, made absolute. */
export function withAbsolutePath(
  { isPath = false }: Setting,
  text: string,
  absolute: (path: string) => string,
): string {
  const prefix = typeof isPath === "string" ? isPath : "";
  const path = text.slice(prefix.length);
  const isOne = isPath !== false && text.startsWith(prefix) && path !== "";
  return isOne && !(prefix === "unix:" && path.startsWith("@")) ? `${prefix}${absolute(path)}` : text;
}
