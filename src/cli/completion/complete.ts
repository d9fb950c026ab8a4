import { isArgument, type Setting, type Settings } from "../../settings/setting.ts";
import type { Command } from "../command.ts";
import { valuesOf, type Completion } from "./values.ts";

/** The commands of the program, and the groups whose name begins some of theirs. */
export interface Vocabulary {
  readonly commands: readonly Pick<Command, "name" | "description" | "settings">[];
  readonly groups: Readonly<Record<string, { readonly description: string }>>;
}

const HELP = "help";
/** Flags that may stand instead of a command. */
const FLAGS_OF_ALL = [
  { word: "--help", help: "Show the commands" },
  { word: "--version", help: "Show the version" },
];

/**
 * The candidates for the last of `words`, which are those after the program's name. Pure: see `answer` for live names.
 */
export function complete(vocabulary: Vocabulary, words: readonly string[]): Completion {
  const before = words.slice(0, -1);
  const last = words.at(-1) ?? "";
  const isAboutHelp = before[0] === HELP;
  const called = isAboutHelp ? before.slice(1) : before;
  const found = find(vocabulary, called);
  if (!found) return { candidates: fitting(nextWords(vocabulary, called, before.length === 0), last) };
  if (isAboutHelp) return { candidates: [] };
  return completeIn(found.command.settings, found.rest, last);
}

/** The command that the words name, and the words after its name. */
function find({ commands }: Vocabulary, words: readonly string[]) {
  for (const command of commands) {
    const name = command.name.split(" ");
    if (name.every((word, index) => word === words[index]))
      return { command, rest: words.slice(name.length) };
  }
  return undefined;
}

/** The words of commands' names that may come next. */
function nextWords({ commands, groups }: Vocabulary, called: readonly string[], isFirst: boolean) {
  const [group, ...more] = called;
  if (group === undefined) {
    const alone = commands.filter(({ name }) => !name.includes(" "));
    const words = [
      ...alone.map(({ name, description }) => ({ word: name, help: description })),
      ...Object.entries(groups).map(([word, { description }]) => ({ word, help: description })),
    ];
    return isFirst ? [...words, { word: HELP, help: "Explain a command" }, ...FLAGS_OF_ALL] : words;
  }
  if (more.length > 0) return [];
  return commands
    .filter(({ name }) => name.startsWith(`${group} `))
    .map(({ name, description }) => ({ word: name.slice(group.length + 1), help: description }));
}

/** The candidates for the last word after a command's name: flags, values of a flag, or arguments. */
function completeIn(settings: Settings, before: readonly string[], last: string): Completion {
  const typed = readTyped(settings, before);
  if (typed.open) return valuesOf(typed.open, last, typed.given);
  const [flag = "", ...value] = typed.isEnded ? [] : last.split("=");
  if (flag.startsWith("--") && value.length > 0) {
    const setting = byName(settings, flag);
    if (!setting || setting.kind === "flag") return { candidates: [] };
    return valuesOf(setting, value.join("="), typed.given, `${flag}=`);
  }
  if (last.startsWith("-") && !typed.isEnded) return { candidates: flagsOf(settings, typed.given, last) };
  const { argument } = typed;
  const values = argument ? valuesOf(argument, last, typed.given) : { candidates: [] };
  const isAnything =
    last === "" && values.candidates.length === 0 && values.files === undefined && !values.names;
  return isAnything && !typed.isEnded ? { candidates: flagsOf(settings, typed.given, last) } : values;
}

/** What has been typed so far: given texts by flag, the flag that waits for its value, and the next argument. */
interface Typed {
  readonly given: ReadonlyMap<string, readonly string[]>;
  readonly open: Setting | undefined;
  readonly argument: Setting | undefined;
  /** Whether there was a `--`, after which there are no flags. */
  readonly isEnded: boolean;
}

/** Like `readArgv`, but tolerates mistakes: the line is not finished. */
function readTyped(settings: Settings, words: readonly string[]): Typed {
  const given = new Map<string, string[]>();
  const take = (flag: string, value: string) => given.set(flag, [...(given.get(flag) ?? []), value]);
  const waiting = Object.values(settings).filter(isArgument);
  let open: Setting | undefined;
  let isEnded = false;
  for (const word of words) {
    if (open) {
      take(open.flag, word);
      open = undefined;
    } else if (isEnded || !word.startsWith("-")) {
      const argument = waiting[0];
      if (argument) take(argument.flag, word);
      if (argument?.kind === "positional") waiting.shift();
    } else if (word === "--") isEnded = true;
    else {
      const [name = "", ...value] = word.split("=");
      const setting = byName(settings, name);
      if (!setting) continue;
      if (setting.kind === "flag" || value.length > 0) take(setting.flag, value.join("="));
      else open = setting;
    }
  }
  return { given, open, argument: waiting[0], isEnded };
}

/** The setting with this name: `--flag`, its alias, or `-f`. */
function byName(settings: Settings, name: string): Setting | undefined {
  return Object.values(settings).find((each) => !isArgument(each) && namesOf(each).includes(name));
}

function namesOf({ flag, alias }: Setting): string[] {
  return [`--${flag}`, ...(alias === undefined ? [] : [(alias.length === 1 ? "-" : "--") + alias])];
}

/** The flags that may still be given: lists again, others only once. */
function flagsOf(settings: Settings, given: ReadonlyMap<string, unknown>, start: string) {
  const open = Object.values(settings).filter(
    (each) => !isArgument(each) && (each.kind === "list" || !given.has(each.flag)),
  );
  const names = open.flatMap((each) => namesOf(each).map((word) => ({ word, help: each.help })));
  const isLong = (word: string) => word.startsWith("--") || start === "-" || start.length === 2;
  return fitting(
    names.filter(({ word }) => isLong(word)),
    start,
  );
}

function fitting<T extends { readonly word: string }>(candidates: readonly T[], start: string): T[] {
  return candidates.filter(({ word }) => word.startsWith(start));
}
