/** One row of the settings tables: how a setting is described to users, and how its text becomes a value. */
export interface Row<T = unknown, P extends string = string> {
  /** `value`: --ttl 2h; `list`: may be repeated; `flag`: present or not; positionals are arguments without a flag. */
  readonly kind: "value" | "list" | "flag" | "positional" | "positionals";
  /** For `--help` and tables: a sentence without its full stop; `-h` shows it up to the first ";" or ":". */
  readonly help: string;
  /** Its key in a configuration file; default: the name of the flag; null: allowed on a command line only. */
  readonly key?: string | null;
  /** The placeholder for the value in help, such as DURATION; for an argument, the forms it may have. */
  readonly hint?: string;
  /** Another name for the flag: one letter, or a word. */
  readonly alias?: string;
  /** As a user would write it; an argument without a default is required. */
  readonly default?: string | readonly string[];
  /** Shown in help instead of `default`, where the default depends on other settings. */
  readonly defaultHelp?: string;
  /** The words that a value, or each item of a list, is limited to: for help, completion and "did you mean". */
  readonly words?: readonly string[];
  /** The page in docs/ with more about it, without `.md`. */
  readonly page?: string;
  /** Whether any bytes are allowed; default: only valid UTF-8. */
  readonly takesBytes?: boolean;
  /** Never printed. A file may also give it as `{ env = "NAME" }` or `{ file = "PATH" }`. */
  readonly secret?: boolean;
  /** Says where a secret is, as `env:NAME` or `file:PATH`; a file may use the same tables as for `secret`. */
  readonly namesSecret?: boolean;
  /** Whether it is a path, or one if it begins with this prefix. Relative paths in a file start at that file. */
  readonly isPath?: boolean | "file:" | "unix:";
  /** Its values are names that only a running process knows; completion asks it for them. */
  readonly names?: "services" | "upstreams" | "keys";
  /** Its text is a list with this separator; in a file it may be an array. */
  readonly separator?: string;
  /** Answers depend on it, so those stored under another value must not be served. */
  readonly shapesAnswers?: boolean;
  /** The path of the option that it sets, such as `fetch.timeouts.connect`; absent (and P ""): none. */
  readonly sets?: P;
  /** Loads what `parse` needs; called before it, and only if there is text to parse. */
  readonly prepare?: () => Promise<void>;
  /** @throws {SyntaxError} saying what was expected */
  readonly parse: (text: string) => T;
  /** For a list: turns the parsed items into one value; absent: the value is the array of them. */
  readonly combine?: (values: never[]) => unknown;
  /** Adjusts the default, where it applies, to what was given for other settings. */
  giveWay?(standard: T, others: Others): T;
}

/** A row with its name and group: command line, configuration file, help and documents all derive from it. */
export interface Setting<T = unknown, P extends string = string> extends Row<T, P> {
  /** Its name on a command line, without dashes. */
  readonly flag: string;
  readonly key: string | null;
  /** The heading of `--help` under which it is listed. */
  readonly group: string;
}

/** Settings by flag. */
export type Settings = Readonly<Record<string, Setting>>;

/** The settings as seen by `giveWay` of one of them. */
export interface Others {
  /** Whether the user wrote it; values from presets and defaults do not count. */
  isGiven(flag: string): boolean;
  /** Its value; `undefined` if there is no such setting. */
  valueOf(flag: string): unknown;
}

/** Defaults for several settings under one name, written as a user would write them. */
export interface Preset {
  readonly description: string;
  readonly flags: Readonly<Record<string, string | readonly string[]>>;
}

/** Presets by the name that `--preset` takes. */
export type Presets = Readonly<Record<string, Preset>>;

/** The settings cannot be used; the message says what is wrong and what was expected. Exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What is wrong with a setting; `text` is a sentence without its capital letter and full stop. */
export interface Complaint {
  readonly flag: string;
  /** For a list, which item is wrong. */
  readonly index?: number | undefined;
  readonly text: string;
}

/** A UsageError about one setting; its message is the complaint with a capital letter. */
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

/** A setting that may be repeated: `parse` reads each item; the value is an array, or what `combine` makes of it. */
export function list<T, V, const P extends string = "">(
  row: Described<T, P> & { readonly combine: (values: T[]) => V },
): Row<V, P>;
export function list<T, const P extends string = "">(row: Described<T, P>): Row<T[], P>;
export function list(row: Described<unknown, string>): Row {
  return { ...row, kind: "list" };
}

/** A switch: false unless it is given. A file may write `true` or `false`. */
export function flag<const P extends string = "">(
  row: Omit<Described<boolean, P>, "parse">,
): Row<boolean, P> {
  return { ...row, kind: "flag", parse: (text) => text === "true" };
}

/** A single argument of a command; required unless it has a default. */
export function positional<T, const P extends string = "">(row: Described<T, P>): Row<T, P> {
  return { ...row, kind: "positional" };
}

/** One or more arguments of the same kind; `parse` reads each. */
export function positionals<T, const P extends string = "">(row: Described<T, P>): Row<T[], P> {
  return { ...row, kind: "positionals" } as Row<unknown, P> as Row<T[], P>;
}

/** The part of a row that does not depend on its types: given more, the compiler infers them from here and loses P. */
type AnyRow = Pick<Row, "kind" | "key">;

/** Puts rows under a heading of `--help`; the property name of each row becomes its flag, and its key by default. */
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

/** A `giveWay` for the limit on a whole: its default becomes 0 (none) if a longer limit was given for a part. */
export function unlessLonger(...parts: readonly string[]) {
  return (standard: number, others: Others): number => {
    const given = parts.filter((part) => others.isGiven(part)).map((part) => others.valueOf(part));
    return given.some((limit) => isLimit(limit) && limit > standard) ? 0 : standard;
  };
}

/** Whether `time`, in milliseconds, limits anything: 0 and Infinity mean no limit. */
export function isLimit(time: unknown): time is number {
  return typeof time === "number" && time > 0 && time < Infinity;
}

/** Whether it is written on a command line without a flag. */
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

/** `text`, made absolute if it is a path. Abstract Unix sockets (`unix:@NAME`) have none. */
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
