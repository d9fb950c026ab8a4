import { parseArgs } from "node:util";
import { didYouMean } from "../settings/settle.ts";
import type { Written } from "../settings/settled.ts";
import { isArgument, nameOf, UsageError, type Setting, type Settings } from "../settings/setting.ts";
import { isText } from "./exact-arguments.ts";

/** A flag or a word, as `parseArgs` returns it. */
interface Token {
  readonly kind: string;
  readonly name?: string;
  readonly rawName?: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

/**
 * Reads the arguments of a command: the texts given for each of its settings, not yet parsed.
 *
 * @throws {UsageError} for unknown flags, missing or surplus values, and settings given twice
 */
export function readArgv(settings: Settings, argv: readonly string[]): Written {
  const names = flagNames(settings);
  const texts = new Map<string, string[]>();
  const words: string[] = [];
  for (const token of tokensOf(names, argv)) {
    if (token.kind === "positional") words.push(token.value as string);
    if (token.kind !== "option") continue;
    const { name = "", rawName = "" } = token;
    const setting = names.get(name);
    if (!setting) throw new UsageError(`Unknown flag ${rawName}${didYouMean(name, names.keys(), "--")}`);
    const given = texts.get(setting.flag) ?? [];
    if (given.length > 0 && setting.kind !== "list") throw new UsageError(twice(setting, rawName));
    texts.set(setting.flag, [...given, valueOf(setting, token)]);
  }
  takeWords(settings, words, texts);
  for (const [flag, given] of texts) requireText(settings[flag] as Setting, given);
  return texts;
}

/** @throws {UsageError} for a text that is not UTF-8, unless its setting takes any bytes */
function requireText(setting: Setting, given: readonly string[]): void {
  const text = setting.takesBytes ? undefined : given.find((each) => !isText(each));
  if (text !== undefined) throw new UsageError(`Bad ${nameOf(setting)} "${text}": expected UTF-8`);
}

/** Settings by every long name, aliases included. */
function flagNames(settings: Settings): Map<string, Setting> {
  const names = new Map<string, Setting>();
  for (const setting of Object.values(settings)) {
    const { flag, alias } = setting;
    if (isArgument(setting)) continue;
    names.set(flag, setting);
    if (alias !== undefined && alias.length > 1) names.set(alias, setting);
  }
  return names;
}

/** Splits arguments. `strict: false`, because its errors do not say what was expected; letters get their long name. */
function tokensOf(names: ReadonlyMap<string, Setting>, argv: readonly string[]): readonly Token[] {
  const options = Array.from(names, ([name, { kind, flag, alias }]) => {
    const type = kind === "flag" ? ("boolean" as const) : ("string" as const);
    return [name, name === flag && alias?.length === 1 ? { type, short: alias } : { type }] as const;
  });
  return parseArgs({
    args: [...argv],
    options: Object.fromEntries(options),
    allowPositionals: true,
    strict: false,
    tokens: true,
  }).tokens;
}

/** The text of a flag. @throws {UsageError} if it is missing, or the flag takes none */
function valueOf({ kind, flag, hint }: Setting, { rawName, value, inlineValue }: Token): string {
  if (kind === "flag") {
    if (value !== undefined) throw new UsageError(`${rawName} takes no value, got "${value}"`);
    return "true";
  }
  if (value === undefined) throw new UsageError(`${rawName} needs a value: ${hint}`);
  if (inlineValue || !/^--?[A-Za-z]/.test(value)) return value;
  throw new UsageError(
    `${rawName} needs a value: ${hint} (write --${flag}=${value} if "${value}" is the value)`,
  );
}

function twice({ flag }: Setting, rawName: string): string {
  const also = rawName === `--${flag}` ? "" : ` (${rawName} is the same)`;
  return `--${flag} was given twice${also}: expected it once`;
}

/** Assigns words without a flag to the arguments of the command. @throws {UsageError} for too many */
function takeWords(settings: Settings, words: string[], texts: Map<string, string[]>): void {
  for (const { flag, kind } of Object.values(settings)) {
    if (kind === "positional" && words.length > 0) texts.set(flag, words.splice(0, 1));
    if (kind === "positionals" && words.length > 0) texts.set(flag, words.splice(0));
  }
  if (words.length > 0) throw new UsageError(`Unexpected argument "${words[0]}"`);
}
