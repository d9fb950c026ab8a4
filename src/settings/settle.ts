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
import { Settled, defaultTextsOf, unlessWrong, type Source, type Values, type Written } from "./settled.ts";

/** Where settings get their values from. */
export interface Sources {
  readonly written: Written;
  /** The file's defaults for all services of a kind, such as `[defaults.proxy]`. */
  readonly defaults?: Written | undefined;
  /** Settings already reported as wrong: they get no value and no second complaint. */
  readonly wrong?: ReadonlySet<string> | undefined;
  /** The presets that the setting `preset` may name. */
  readonly presets?: Presets | undefined;
}

/**
 * Gives each setting its value: as written, otherwise from the preset that was written, otherwise its default.
 *
 * @throws {UsageError} for the first setting that is missing or cannot be parsed
 */
export function settle<S extends Settings>(settings: S, written: Written, presets: Presets = {}): Settled<S> {
  const { settled, complaints } = settleAll(settings, { written, presets });
  const [first] = complaints;
  if (first) throw new SettingError(first);
  return settled;
}

/**
 * Like `settle`, but collects every complaint instead of throwing the first. A setting with a complaint has no value.
 *
 * @param named how complaints name a setting
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
  // A second pass, because a default, also one from the file, may give way to any other setting.
  for (const setting of Object.values(settings)) {
    const { flag } = setting;
    const { origin } = sources.get(flag) as Source;
    if (!setting.giveWay || wrong.has(flag) || origin === "given" || origin === "preset") continue;
    values[flag] = unlessWrong(() => setting.giveWay?.(values[flag], settled), values[flag]);
  }
  return { settled: new Settled(settings, values as Values<S>, sources, { wrong, named }), complaints };
}

/** Loads what the parsers of these values need, such as the regex engine. Call it before `settle`. */
export async function prepare(settings: Settings, from: Sources): Promise<void> {
  const sources = sourcesOf(settings, from);
  for (const { flag, prepare: load } of Object.values(settings))
    if (load && sources.get(flag)?.texts.length) await load();
}

/** The preset of that name, if there is one. */
export function presetOf(name: string | undefined, presets: Presets): Preset | undefined {
  return name !== undefined && Object.hasOwn(presets, name) ? presets[name] : undefined;
}

/** " - did you mean X?" if one of `names` is close to `word`, otherwise "". */
export function didYouMean(word: string, names: Iterable<string>, prefix = "", suffix = ""): string {
  const candidates = [...names];
  const best = candidates.length > 0 ? closest(word, candidates) : "";
  const steps = distance(word, best);
  return steps < best.length && steps <= Math.max(2, best.length / 3)
    ? ` - did you mean ${prefix}${best}${suffix}?`
    : "";
}

/**
 * The first of these that has the setting wins: what was written, the service's own preset, the defaults for its kind, a
 * preset in those defaults, the built-in default. A preset of its own replaces the one in the defaults.
 */
function sourcesOf(settings: Settings, { written, defaults, presets = {} }: Sources): Map<string, Source> {
  const own = presetOf(written.get("preset")?.[0], presets);
  const common = own ? undefined : presetOf(defaults?.get("preset")?.[0], presets);
  return new Map(
    Object.values(settings).map((setting): [string, Source] => {
      const { flag } = setting;
      const given = written.get(flag);
      if (given) return [flag, { origin: "given", texts: given }];
      if (own && Object.hasOwn(own.flags, flag))
        return [flag, { origin: "preset", texts: defaultTextsOf(setting, own) }];
      const general = defaults?.get(flag);
      if (general) return [flag, { origin: "defaults", texts: general }];
      if (common && Object.hasOwn(common.flags, flag))
        return [flag, { origin: "preset", texts: defaultTextsOf(setting, common) }];
      return [flag, { origin: "default", texts: defaultTextsOf(setting) }];
    }),
  );
}

/** The value of `texts`; `undefined`, after adding a complaint for each text that is wrong, if there is none. */
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

/** The result of `parse`; if it throws a SyntaxError, `complain` gets the message and the result is `undefined`. */
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
