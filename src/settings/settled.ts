import { nameOf, type Others, type Preset, type Setting, type Settings } from "./setting.ts";

/** What was written for each setting, by flag: one text, or several for a list. */
export type Written = ReadonlyMap<string, readonly string[]>;

/** The values of settings, by flag. */
export type Values<S extends Settings> = {
  readonly [N in keyof S]: S[N] extends Setting<infer T> ? T : never;
};

/** The options that settings set, nested as their paths are. */
export type Options<S extends Settings> = Merged<
  { [N in keyof S]: S[N] extends Setting<infer T, infer P> ? At<P, T> : never }[keyof S]
>;

/** A value at the end of a path; nothing where a setting has none. */
type At<P extends string, T> = P extends ""
  ? never
  : P extends `${infer Head}.${infer Rest}`
    ? { readonly [K in Head]: At<Rest, T> }
    : { readonly [K in P]: T };

/** All of a union's members at once. */
type Merged<U> = (U extends unknown ? (part: U) => void : never) extends (whole: infer W) => void ? W : never;

/** Where a value comes from. Only what is given contradicts what else is. */
export type Origin = "given" | "preset" | "defaults" | "default";

export interface Source {
  readonly origin: Origin;
  readonly texts: readonly string[];
}

/** A look at the value of a setting that has none, because it is wrong. */
class NoValueError extends Error {}

/** Settings that have got their values. */
export class Settled<S extends Settings = Settings> implements Others {
  readonly values: Values<S>;
  readonly options: Options<S>;
  readonly #settings: S;
  readonly #sources: ReadonlyMap<string, Source>;
  readonly #wrong: ReadonlySet<string>;
  readonly #asGiven: ReadonlySet<Origin>;
  readonly #named: (setting: Setting) => string;

  /** @param named how settings are called in complaints */
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

  /** The same, as if what a file says for all services of a kind were given. */
  withDefaultsAsGiven(): Settled<S> {
    const view = { wrong: this.#wrong, asGiven: GIVEN_FOR_ALL, named: this.#named };
    return new Settled(this.#settings, this.values, this.#sources, view);
  }

  /** Whether there is such a setting here. */
  knows(flag: string): boolean {
    return Object.hasOwn(this.#settings, flag);
  }

  /** Whether it is this setting that is here, not another one of the same name: `upstream` of `ctl hold` is a text. */
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

  /** What stands for the setting, as it was written. */
  textsOf(flag: string): readonly string[] {
    return this.#sources.get(flag)?.texts ?? [];
  }

  /** Whether what stands for it can be read. */
  hasValue(flag: string): boolean {
    return !this.#wrong.has(flag);
  }

  valueOf(flag: string): unknown {
    if (!this.hasValue(flag)) throw new NoValueError();
    return this.knows(flag) ? this.values[flag] : undefined;
  }

  /** Everything that answers depend on, as it was written: two services with the same may share what they keep. */
  get shape(): string {
    const shaping = Object.values(this.#settings).filter(({ shapesAnswers }) => shapesAnswers);
    return JSON.stringify(shaping.map(({ flag }) => [flag, this.textsOf(flag)]));
  }

  /** Whether it was given, and is not what it would be anyway. */
  isChanged(flag: string): boolean {
    const setting = this.#settings[flag];
    if (!setting || !this.isGiven(flag)) return false;
    const [standard] = standardOf(setting);
    return standard === undefined || this.valueOf(flag) !== setting.parse(standard);
  }

  /** How a setting is written: `--ttl` or `UPSTREAM`; in a file `ttl`. */
  nameOf(flag: string): string {
    const setting = this.#settings[flag];
    return setting ? this.#named(setting) : `--${flag}`;
  }

  /** How a setting was written, its value included: `--ttl 2h`. */
  quote(flag: string): string {
    const texts = this.#settings[flag]?.secret ? [] : this.textsOf(flag);
    const quoted = texts.map((text) => (/^\S+$/.test(text) ? text : `"${text}"`));
    return [this.nameOf(flag), ...quoted].join(" ");
  }
}

/** How settings are looked at. */
interface View {
  /** Those that have no value, because it is wrong. */
  readonly wrong?: ReadonlySet<string>;
  readonly asGiven?: ReadonlySet<Origin>;
  readonly named?: (setting: Setting) => string;
}

const NONE: ReadonlySet<string> = new Set();
const ONLY_GIVEN: ReadonlySet<Origin> = new Set(["given"]);
const GIVEN_FOR_ALL: ReadonlySet<Origin> = new Set(["given", "defaults"]);

/** What `look` gives, unless it looks at a value that is wrong. */
export function unlessWrong<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch (error) {
    if (error instanceof NoValueError) return otherwise;
    throw error;
  }
}

/** What stands for a setting when nobody gives it: the text, or texts, that help shows. */
export function standardOf({ flag, default: standard }: Setting, preset?: Preset): readonly string[] {
  return [preset?.flags[flag] ?? standard ?? []].flat();
}

/** Values as options: `sets` says which. What has no value is left out. */
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
