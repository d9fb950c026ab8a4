import { runCommand } from "citty";
import { parseArgs } from "node:util";
import pkg from "../../package.json" with { type: "json" };
import { flushLog } from "../process/open-log.ts";
import { escapeControls } from "../protocols/printable.ts";
import { UsageError } from "../settings/setting.ts";
import { didYouMean, presetOf } from "../settings/settle.ts";
import { COMMANDS, everyCommand, GROUPS, type Group } from "./catalogue.ts";
import { readSettings, type Command } from "./command.ts";
import { exactArguments } from "./exact-arguments.ts";
import { groupOverview, longHelp, overview, shortHelp } from "./help.ts";
import { page } from "./page.ts";
import { print } from "./print.ts";
import { PROGRAM } from "./program.ts";

/** A command, and the arguments after its name. */
interface Call {
  readonly command: Command;
  readonly rest: string[];
}

const EXIT_USAGE = 2;

/**
 * Runs the command that `given` (without the program's name) names, or prints its help. Usage errors are printed here.
 *
 * @returns the exit code: 0 done, 1 failed, 2 usage
 */
export async function dispatch(given: string[]): Promise<number> {
  try {
    const argv = exactArguments(given);
    const [first, second] = argv;
    if (first === "--help" || first === "-h") return print(1, await helpOfAll());
    if (first === "help") return print(1, await helpOn(argv.slice(1)));
    if (first === "complete" && second === "--") return print(1, await completionOf(argv.slice(2)));
    if (isGroup(first) && (second === "--help" || second === "-h"))
      return print(1, await helpOfGroup(first as string));
    const { command, rest } = await find(argv);
    const help = helpWanted(rest);
    if (help === "-h") return print(1, shortHelp(command, page()));
    if (help === "--help") return print(1, longHelp(command, page(), presetIn(command, rest)));
    const settled = await readSettings(command, rest);
    const { result } = await runCommand(command.definition, { rawArgs: rest, data: settled });
    await flushLog();
    return result as number;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const name = await calledName(given);
    const stop = error.message.endsWith("?") ? "" : ".";
    await print(
      2,
      `${PROGRAM}${name}: ${escapeControls(error.message)}${stop}\nTry "${PROGRAM}${name} --help".\n`,
    );
    return EXIT_USAGE;
  }
}

/** @throws {UsageError} if there is no such command */
async function find([name, ...rest]: readonly string[]): Promise<Call> {
  if (isGroup(name)) return findIn(name as string, rest);
  const names = [...Object.keys(COMMANDS), ...Object.keys(GROUPS)];
  if (name === undefined) throw new UsageError(`Missing command: one of ${names.join(", ")}`);
  // hasOwn, so that "constructor" and other inherited names are not commands.
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (load) return { command: (await load()).default, rest };
  if (!name.startsWith("-")) throw new UsageError(`Unknown command ${name}${didYouMean(name, names)}`);
  const meant = didYouMean(name.replace(/^-+/, ""), ["version", "help"], "--");
  throw new UsageError(`Unknown flag ${name}${meant}`);
}

/** Finds a command of a group. @throws {UsageError} if there is no such command */
async function findIn(group: string, [name, ...rest]: readonly string[]): Promise<Call> {
  const commands = await commandsOf(group);
  const names = Object.keys(commands);
  const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command) return { command, rest };
  if (name === undefined) throw new UsageError(`Missing command: one of ${names.join(", ")}`);
  if (name.startsWith("-"))
    throw new UsageError(`Missing command before ${name}: one of ${names.join(", ")}; flags follow it`);
  throw new UsageError(
    `Unknown command ${name}${didYouMean(name, names) || `: expected ${names.join(", ")}`}`,
  );
}

function isGroup(name = ""): boolean {
  return Object.hasOwn(GROUPS, name);
}

function commandsOf(group: string): Promise<Readonly<Record<string, Command>>> {
  return (GROUPS[group] as Group).load();
}

/** The known part of the command's name, for error messages: ` ctl purge`; "" if there is no such command. */
async function calledName([first = "", second = ""]: readonly string[]): Promise<string> {
  if (isGroup(first))
    return Object.hasOwn(await commandsOf(first), second) ? ` ${first} ${second}` : ` ${first}`;
  return Object.hasOwn(COMMANDS, first) ? ` ${first}` : "";
}

/** The flag that asks for help, anywhere before `--`: whatever else is wrong, help is shown. */
function helpWanted(argv: readonly string[]): string | undefined {
  const end = argv.indexOf("--");
  return argv.slice(0, end === -1 ? undefined : end).find((word) => word === "--help" || word === "-h");
}

/** `poetry help`, `poetry help COMMAND`. */
async function helpOn(words: readonly string[]): Promise<string> {
  const [name] = words;
  if (isGroup(name) && words.length === 1) return helpOfGroup(name as string);
  const isAboutAll = name === undefined || name === "--help" || name === "-h" || name === "help";
  const call = isAboutAll ? { rest: words.slice(1) } : await find(words);
  if (call.rest.length > 0) throw new UsageError(`Unexpected argument "${call.rest[0]}"`);
  return "command" in call ? longHelp(call.command, page()) : helpOfAll();
}

async function helpOfGroup(group: string): Promise<string> {
  const { description } = GROUPS[group] as Group;
  return groupOverview(group, description, Object.values(await commandsOf(group)), page());
}

async function helpOfAll(): Promise<string> {
  const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()));
  const groups = Object.entries(GROUPS).map(([name, { description }]) => ({
    name,
    description,
    examples: [],
  }));
  return overview(pkg, [...commands.map((each) => each.default), ...groups], page());
}

/** The answer to a completion script. */
async function completionOf(words: readonly string[]): Promise<string> {
  const { answer } = await import("./completion/answer.ts");
  return answer({ commands: await everyCommand(), groups: GROUPS }, words);
}

/** The preset that a command line names, for the defaults in help; the rest of the line may be wrong. */
function presetIn({ presets = {} }: Command, argv: readonly string[]) {
  const { values } = parseArgs({ args: [...argv], options: { preset: { type: "string" } }, strict: false });
  return presetOf(typeof values.preset === "string" ? values.preset : undefined, presets);
}
