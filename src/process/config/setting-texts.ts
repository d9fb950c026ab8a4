import { resolve } from "node:path";
import { withAbsolutePath, type Setting } from "../../settings/setting.ts";
import type { Place } from "./place.ts";
import type { Mistake } from "./scanner.ts";
import { secretFromEnvironment, secretFromFile } from "./secret.ts";
import { TomlTable, type TomlEntry } from "./toml.ts";
import type { TomlValue } from "./toml-values.ts";

/** The value of a setting in a file, as texts like those of a command line, with the place of each. */
export interface Texts {
  readonly texts: readonly string[];
  readonly places: readonly Place[];
}

type Value = TomlEntry["value"];

/**
 * Converts the value of a setting to texts.
 *
 * @param directory the base of relative paths
 * @param wrong called with each mistake; then there is no value
 */
export function textsOf(
  setting: Setting,
  value: Value,
  directory: string,
  wrong: (mistake: Mistake) => void,
): Texts | undefined {
  const fail = (at: Place, text: string) => {
    wrong({ at, text: `bad ${setting.key}: ${text}` });
    return undefined;
  };
  const located = (text: string) => withAbsolutePath(setting, text, (path) => resolve(directory, path));
  if (value instanceof TomlTable) return readSecret(value);
  if (value.kind === "broken") return undefined; // It has been reported.
  if (setting.kind === "flag") {
    if (value.kind === "boolean") return { texts: [String(value.isTrue)], places: [value.at] };
    return fail(value.at, `expected true or false, got ${described(value)}`);
  }
  if (value.kind === "string" || value.kind === "number")
    return { texts: [located(value.text)], places: [value.at] };
  if (value.kind === "array") return readArray(value.items, value.at);
  return fail(value.at, `expected ${expected(setting)}, got ${described(value)}`);

  function readArray(items: readonly TomlValue[], at: Place): Texts | undefined {
    if (!isList(setting)) return fail(at, `expected ${expected(setting)}, got an array`);
    const texts: string[] = [];
    for (const item of items) {
      if (item.kind === "string" || item.kind === "number") texts.push(located(item.text));
      else fail(item.at, `expected a string or a number in the array, got ${described(item)}`);
    }
    if (texts.length < items.length) return undefined;
    if (setting.kind === "value") return { texts: [texts.join(setting.separator)], places: [at] };
    return { texts, places: items.map((item) => item.at) };
  }

  /** `{ env = "NAME" }` or `{ file = "PATH" }`: reads the secret, or only names its place if the setting does that. */
  function readSecret(table: TomlTable): Texts | undefined {
    if (!setting.secret && !setting.namesSecret)
      return fail(table.at, `expected ${expected(setting)}, got a table`);
    const [entry, ...others] = [...table.entries];
    const [name, found] = entry ?? [];
    if (others.length > 0 || found?.value.kind !== "string" || (name !== "env" && name !== "file"))
      return fail(table.at, 'expected { env = "NAME" } or { file = "PATH" }');
    const { text, at } = found.value;
    if (setting.namesSecret) return { texts: [located(`${name}:${text}`)], places: [at] };
    try {
      const secret = name === "env" ? secretFromEnvironment(text) : secretFromFile(resolve(directory, text));
      return { texts: [secret], places: [at] };
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return fail(at, error.message);
    }
  }
}

/** Whether an array may be its value. */
function isList({ kind, separator }: Setting): boolean {
  return kind === "list" || kind === "positionals" || separator !== undefined;
}

/** What the setting takes, for complaints. */
function expected(setting: Setting): string {
  if (setting.secret || setting.namesSecret) return 'a string, { env = "NAME" } or { file = "PATH" }';
  return isList(setting) ? "a string or an array of strings" : "a string or a number";
}

function described(value: Exclude<Value, TomlTable> | TomlValue): string {
  return DESCRIBED[value.kind];
}

const DESCRIBED: Readonly<Record<TomlValue["kind"], string>> = {
  string: "a string",
  number: "a number",
  boolean: "true or false",
  date: "a date or time",
  broken: "nothing",
  array: "an array",
  table: "a table",
};
