import { closest, distance } from "fastest-levenshtein";
import {
  isArgument,
  nameOf,
  SettingError,
  type Complaint,
  type Preset,
  type Presets,
  type Setting,
  type Settings,
} from "./setting.ts";
import { Settled, standardOf, unlessWrong, type Source, type Values, type Written } from "./settled.ts";

/** Where settings may get their values from. */
export interface Sources {
  readonly written: Written;
  /** What stands for a setting that is not written, where the file says so for all services of a kind. */
  readonly defaults?: Written | undefined;
  /** Settings that have no value, because what was written is wrong, which has been said. */
  readonly wrong?: ReadonlySet<string> | undefined;
  readonly presets?: Presets | undefined;
}

/**
 * Gives settings their values: what was written, else what the preset says that was written, else their defaults.
 *
 * @throws {UsageError} for the first one that is missing, or that its parser refuses
 */
export function settle<S extends Settings>(settings: S, written: Written, presets: Presets = {}): Settled<S> {
  const { settled, complaints } = settleAll(settings, { written, presets });
  const [first] = complaints;
  if (first) throw new SettingError(first);
  return settled;
}

/**
 * As `settle`, but finds everything that is wrong. A setting that is wrong has no value.
 *
 * @param named how settings are called in complaints
 */
export function settleAll<S extends Settings>(
  settings: S,
  from: Sources,
  named: (setting: Setting) => string = nameOf,
): { readonly settled: Settled<S>; readonly complaints: readonly Complaint[] } {
  const sources = sourcesOf(settings, from);
  const values: Record<string, unknown> = {};
  const complaints: Complaint[] = [];
  for (const setting of Object.values(settings)) {
    const { texts } = sources.get(setting.flag) as Source;
    if (from.wrong?.has(setting.flag)) continue;
    values[setting.flag] = readValue(setting, texts, named, complaints);
  }
  const wrong = new Set([...(from.wrong ?? []), ...complaints.map(({ flag }) => flag)]);
  const settled = new Settled(settings, values as Values<S>, sources, { wrong, named });
  for (const setting of Object.values(settings)) {
    const { flag } = setting;
    const { origin } = sources.get(flag) as Source;
    if (!setting.giveWay || wrong.has(flag) || origin === "given" || origin === "preset") continue;
    values[flag] = unlessWrong(() => setting.giveWay?.(values[flag], settled), values[flag]);
  }
  return { settled: new Settled(settings, values as Values<S>, sources, { wrong, named }), complaints };
}

/** Loads what the values need that are to be read: before `settle`. */
export async function prepare(settings: Settings, from: Sources): Promise<void> {
  const sources = sourcesOf(settings, from);
  for (const { flag, prepare: load } of Object.values(settings))
    if (load && sources.get(flag)?.texts.length) await load();
}

/** The preset that is called `name`, if there is one. */
export function presetOf(name: string | undefined, presets: Presets): Preset | undefined {
  return name !== undefined && Object.hasOwn(presets, name) ? presets[name] : undefined;
}

/** " - did you mean X?" if one of `names` is close to `word`, else nothing. */
export function didYouMean(word: string, names: Iterable<string>, prefix = "", suffix = ""): string {
  const candidates = [...names];
  const best = candidates.length > 0 ? closest(word, candidates) : "";
  const steps = distance(word, best);
  return steps < best.length && steps <= Math.max(2, best.length / 3)
    ? ` - did you mean ${prefix}${best}${suffix}?`
    : "";
}

/** A service's own preset goes before what is said for all of its kind; what is said for all before a preset for all. */
function sourcesOf(settings: Settings, { written, defaults, presets = {} }: Sources): Map<string, Source> {
  const own = presetOf(written.get("preset")?.[0], presets);
  const common = own ? undefined : presetOf(defaults?.get("preset")?.[0], presets);
  return new Map(
    Object.values(settings).map((setting): [string, Source] => {
      const { flag } = setting;
      const given = written.get(flag);
      if (given) return [flag, { origin: "given", texts: given }];
      if (own && Object.hasOwn(own.flags, flag))
        return [flag, { origin: "preset", texts: standardOf(setting, own) }];
      const general = defaults?.get(flag);
      if (general) return [flag, { origin: "defaults", texts: general }];
      if (common && Object.hasOwn(common.flags, flag))
        return [flag, { origin: "preset", texts: standardOf(setting, common) }];
      return [flag, { origin: "default", texts: standardOf(setting) }];
    }),
  );
}

/** The value that texts stand for; `undefined`, and a complaint for each that is wrong, if there is none. */
function readValue(
  setting: Setting,
  texts: readonly string[],
  named: (setting: Setting) => string,
  complaints: Complaint[],
): unknown {
  const { flag, kind, hint = "", combine } = setting;
  const before = complaints.length;
  const complain = (text: string, index?: number) => void complaints.push({ flag, index, text });
  if (texts.length === 0 && isArgument(setting)) complain(`missing ${named(setting)} (${hint})`);
  const values = texts.map((text, index) =>
    attempt(
      () => setting.parse(text),
      (why) => complain(`bad ${named(setting)}${shown(setting, text)}: ${why}${meant(setting, text)}`, index),
    ),
  );
  if (complaints.length > before) return undefined;
  if (kind === "flag") return values[0] ?? false;
  if (combine)
    return attempt(
      () => combine(values as never[]),
      (why) => complain(`bad ${named(setting)}${shown(setting, texts.join(" "))}: ${why}`),
    );
  return kind === "list" || kind === "positionals" ? values : values[0];
}

/** What `parse` makes, or, where that is a SyntaxError, nothing, and `complain` is told its message. */
function attempt<T>(parse: () => T, complain: (why: string) => void): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    complain(error.message);
    return undefined;
  }
}

function shown({ secret }: Setting, text: string): string {
  return secret ? "" : ` "${text}"`;
}

function meant({ words = [], secret }: Setting, text: string): string {
  if (secret) return "";
  return didYouMean(text.split(",").find((word) => !words.includes(word)) ?? text, words);
}
