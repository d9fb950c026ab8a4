import { closest, distance } from "fastest-levenshtein";
import {
  isArgument,
  nameOf,
  UsageError,
  type Others,
  type Preset,
  type Presets,
  type Setting,
  type Settings,
} from "./setting.ts";

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

/** Where a value comes from. A preset's is not given: it never contradicts what is. */
type Origin = "given" | "preset" | "default";

interface Source {
  readonly origin: Origin;
  readonly texts: readonly string[];
}

/** Settings that have got their values. */
export class Settled<S extends Settings = Settings> implements Others {
  readonly values: Values<S>;
  readonly options: Options<S>;
  readonly #settings: S;
  readonly #sources: ReadonlyMap<string, Source>;

  constructor(settings: S, values: Values<S>, sources: ReadonlyMap<string, Source>) {
    this.values = values;
    this.options = optionsOf(settings, values);
    this.#settings = settings;
    this.#sources = sources;
  }

  /** Whether there is such a setting here. */
  knows(flag: string): boolean {
    return Object.hasOwn(this.#settings, flag);
  }

  isGiven(flag: string): boolean {
    return this.#sources.get(flag)?.origin === "given";
  }

  valueOf(flag: string): unknown {
    return this.knows(flag) ? this.values[flag] : undefined;
  }

  /** Everything that answers depend on, as it was written: two services with the same may share what they keep. */
  get shape(): string {
    const shaping = Object.values(this.#settings).filter(({ shapesAnswers }) => shapesAnswers);
    return JSON.stringify(shaping.map(({ flag }) => [flag, this.#sources.get(flag)?.texts ?? []]));
  }

  /** Whether it was given, and is not what it would be anyway. */
  isChanged(flag: string): boolean {
    const setting = this.#settings[flag];
    if (!setting || !this.isGiven(flag)) return false;
    const [standard] = standardOf(setting);
    return standard === undefined || this.values[flag] !== setting.parse(standard);
  }

  /** How a setting is written: `--ttl`, or `UPSTREAM`. */
  nameOf(flag: string): string {
    const setting = this.#settings[flag];
    return setting ? nameOf(setting) : `--${flag}`;
  }

  /** How a setting was written, its value included: `--ttl 2h`. */
  quote(flag: string): string {
    const texts = this.#settings[flag]?.secret ? [] : (this.#sources.get(flag)?.texts ?? []);
    const quoted = texts.map((text) => (/^\S+$/.test(text) ? text : `"${text}"`));
    return [this.nameOf(flag), ...quoted].join(" ");
  }
}

/**
 * Gives settings their values: what was written, else what the preset says that was written, else their defaults.
 *
 * @throws {UsageError} for the first one that is missing, or that its parser refuses
 */
export function settle<S extends Settings>(settings: S, written: Written, presets: Presets = {}): Settled<S> {
  const preset = presetOf(written.get("preset")?.[0], presets);
  const sources = new Map<string, Source>();
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(settings)) {
    const source = sourceOf(setting, written, preset);
    sources.set(name, source);
    values[name] = readValue(setting, source.texts);
  }
  const others: Others = {
    isGiven: (name) => sources.get(name)?.origin === "given",
    valueOf: (name) => values[name],
  };
  for (const [name, setting] of Object.entries(settings)) {
    if (sources.get(name)?.origin === "default" && setting.giveWay)
      values[name] = setting.giveWay(values[name], others);
  }
  return new Settled(settings, values as Values<S>, sources);
}

/** Loads what the values need that are to be read: before `settle`. */
export async function prepare(settings: Settings, written: Written, presets: Presets = {}): Promise<void> {
  const preset = presetOf(written.get("preset")?.[0], presets);
  for (const setting of Object.values(settings))
    if (sourceOf(setting, written, preset).texts.length > 0) await setting.prepare?.();
}

/** The preset that is called `name`, if there is one. */
export function presetOf(name: string | undefined, presets: Presets): Preset | undefined {
  return name !== undefined && Object.hasOwn(presets, name) ? presets[name] : undefined;
}

/** What stands for a setting when nobody gives it: the text, or texts, that help shows. */
export function standardOf({ flag, default: standard }: Setting, preset?: Preset): readonly string[] {
  return [preset?.flags[flag] ?? standard ?? []].flat();
}

/** " - did you mean X?" if one of `names` is close to `word`, else nothing. */
export function didYouMean(word: string, names: Iterable<string>, prefix = ""): string {
  const candidates = [...names];
  const best = candidates.length > 0 ? closest(word, candidates) : "";
  const steps = distance(word, best);
  return steps < best.length && steps <= Math.max(2, best.length / 3)
    ? ` - did you mean ${prefix}${best}?`
    : "";
}

function sourceOf(setting: Setting, written: Written, preset: Preset | undefined): Source {
  const texts = written.get(setting.flag);
  if (texts) return { origin: "given", texts };
  const origin = preset && Object.hasOwn(preset.flags, setting.flag) ? "preset" : "default";
  return { origin, texts: standardOf(setting, preset) };
}

function readValue(setting: Setting, texts: readonly string[]): unknown {
  const { kind, hint = "" } = setting;
  if (texts.length === 0 && isArgument(setting)) throw new UsageError(`Missing ${nameOf(setting)} (${hint})`);
  const values = texts.map((text) => readText(setting, text));
  if (kind === "flag") return values[0] ?? false;
  if (setting.combine) return setting.combine(values as never[]);
  return kind === "list" || kind === "positionals" ? values : values[0];
}

function readText(setting: Setting, text: string): unknown {
  try {
    return setting.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const words = setting.words ?? [];
    const wrong = text.split(",").find((word) => !words.includes(word)) ?? text;
    const shown = setting.secret ? "" : ` "${text}"`;
    const meant = didYouMean(wrong, words);
    throw new UsageError(`Bad ${nameOf(setting)}${shown}: ${error.message}${meant}`, { cause: error });
  }
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
