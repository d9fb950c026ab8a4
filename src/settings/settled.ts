import { nameOf, type Others, type Preset, type Setting, type Settings } from "./setting.ts";

/** What was written for each setting, by flag: one text, or several for a list. */
export type Written = ReadonlyMap<string, readonly string[]>;

/** The parsed values of settings, by flag. */
export type Values<S extends Settings> = {
  readonly [N in keyof S]: S[N] extends Setting<infer T> ? T : never;
};

/** The options that settings set, nested along the paths in their `sets`. */
export type Options<S extends Settings> = Merged<
  { [N in keyof S]: S[N] extends Setting<infer T, infer P> ? At<P, T> : never }[keyof S]
>;

/** An object with a T at the end of the path P; `never` for a setting that sets no option. */
type At<P extends string, T> = P extends ""
  ? never
  : P extends `${infer Head}.${infer Rest}`
    ? { readonly [K in Head]: At<Rest, T> }
    : { readonly [K in P]: T };

/** The intersection of a union's members. */
type Merged<U> = (U extends unknown ? (part: U) => void : never) extends (whole: infer W) => void ? W : never;

/** Where a value comes from. Values contradict each other only if both were given; any other gives way. */
export type Origin = "given" | "preset" | "defaults" | "default";

/** A setting's texts, not yet parsed, and where they come from. */
export interface Source {
  readonly origin: Origin;
  readonly texts: readonly string[];
}

/** Thrown on reading a setting that has no value, because its text is wrong: see `unlessWrong`. */
class NoValueError extends Error {}

/** Settings with their values: what each is, where it came from, and how it was written. */
export class Settled<S extends Settings = Settings> implements Others {
  readonly values: Values<S>;
  readonly options: Options<S>;
  readonly #settings: S;
  readonly #sources: ReadonlyMap<string, Source>;
  readonly #wrong: ReadonlySet<string>;
  readonly #asGiven: ReadonlySet<Origin>;
  readonly #named: (setting: Setting) => string;

  constructor(
    settings: S,
    values: Values<S>,
    sources: ReadonlyMap<string, Source>,
    { wrong = NONE, asGiven = ONLY_GIVEN, named = nameOf }: View = {},
  ) {
    this.values = values;
    this.options = optionsOf(settings, values);
    this.#settings = settings;
    this.#sources = sources;
    this.#wrong = wrong;
    this.#asGiven = asGiven;
    this.#named = named;
  }

  /** A copy in which the file's defaults for all services of a kind count as given. */
  withDefaultsAsGiven(): Settled<S> {
    const view = { wrong: this.#wrong, asGiven: GIVEN_FOR_ALL, named: this.#named };
    return new Settled(this.#settings, this.values, this.#sources, view);
  }

  /** Whether `flag` is one of these settings. */
  knows(flag: string): boolean {
    return Object.hasOwn(this.#settings, flag);
  }

  /** Whether this very setting is included, not another of the same name: in `ctl hold`, `upstream` is plain text. */
  has({ flag, parse }: Setting): boolean {
    return this.#settings[flag]?.parse === parse;
  }

  isGiven(flag: string): boolean {
    const source = this.#sources.get(flag);
    return source !== undefined && this.#asGiven.has(source.origin);
  }

  originOf(flag: string): Origin {
    return this.#sources.get(flag)?.origin ?? "default";
  }

  /** The setting's texts as they were written, wherever they come from. */
  textsOf(flag: string): readonly string[] {
    return this.#sources.get(flag)?.texts ?? [];
  }

  /** Whether its texts could be parsed. */
  hasValue(flag: string): boolean {
    return !this.#wrong.has(flag);
  }

  /** @throws {NoValueError} if its text is wrong */
  valueOf(flag: string): unknown {
    if (!this.hasValue(flag)) throw new NoValueError();
    return this.knows(flag) ? this.values[flag] : undefined;
  }

  /** All settings that answers depend on, as written: services of the same shape may share stored answers. */
  get shape(): string {
    const shaping = Object.values(this.#settings).filter(({ shapesAnswers }) => shapesAnswers);
    return JSON.stringify(shaping.map(({ flag }) => [flag, this.textsOf(flag)]));
  }

  /** Whether it was given and differs from its default. */
  isChanged(flag: string): boolean {
    const setting = this.#settings[flag];
    if (!setting || !this.isGiven(flag)) return false;
    const [standard] = defaultTextsOf(setting);
    return standard === undefined || this.valueOf(flag) !== setting.parse(standard);
  }

  /** The setting's name in complaints: `--ttl` or `UPSTREAM`; for a file, `ttl`. */
  nameOf(flag: string): string {
    const setting = this.#settings[flag];
    return setting ? this.#named(setting) : `--${flag}`;
  }

  /** The setting with its value as written, unless that is secret: `--ttl 2h`. */
  quote(flag: string): string {
    const texts = this.#settings[flag]?.secret ? [] : this.textsOf(flag);
    const quoted = texts.map((text) => (/^\S+$/.test(text) ? text : `"${text}"`));
    return [this.nameOf(flag), ...quoted].join(" ");
  }
}

/** What the view of settings depends on, besides their values. */
interface View {
  /** The settings without a value, because their text is wrong. */
  readonly wrong?: ReadonlySet<string>;
  /** The origins that count as given. */
  readonly asGiven?: ReadonlySet<Origin>;
  /** How complaints name a setting. */
  readonly named?: (setting: Setting) => string;
}

const NONE: ReadonlySet<string> = new Set();
const ONLY_GIVEN: ReadonlySet<Origin> = new Set(["given"]);
const GIVEN_FOR_ALL: ReadonlySet<Origin> = new Set(["given", "defaults"]);

/** The result of `look`, or `otherwise` if it reads a setting that has no value. */
export function unlessWrong<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch (error) {
    if (error instanceof NoValueError) return otherwise;
    throw error;
  }
}

/** The texts of a setting that nobody gave: from `preset`, otherwise its default. Help shows these. */
export function defaultTextsOf({ flag, default: standard }: Setting, preset?: Preset): readonly string[] {
  return [preset?.flags[flag] ?? standard ?? []].flat();
}

/** The values as options, nested along the paths in `sets`; `undefined` ones are left out. */
function optionsOf<S extends Settings>(settings: S, values: Values<S>): Options<S> {
  const options: Record<string, unknown> = {};
  for (const [name, { sets }] of Object.entries(settings)) {
    if (sets === undefined) continue;
    const path = sets.split(".");
    const leaf = path.pop() as string;
    let branch = options;
    for (const step of path) branch = (branch[step] ??= {}) as Record<string, unknown>;
    if (values[name] !== undefined) branch[leaf] = values[name];
  }
  return options as Options<S>;
}
