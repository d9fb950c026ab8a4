import { runCommand } from "citty";
import { parseArgs, styleText } from "node:util";
import pkg from "../../package.json" with { type: "json" };
import { flushLog } from "../process/open-log.ts";
import { escapeControls } from "../protocols/printable.ts";
import { UsageError } from "../settings/setting.ts";
import { didYouMean, presetOf } from "../settings/settle.ts";
import { readSettings, type Command } from "./command.ts";
import { longHelp, overview, shortHelp, type Page } from "./help.ts";
import { print } from "./print.ts";

/** Every command, loaded only when it is wanted. */
const COMMANDS: Readonly<Record<string, () => Promise<{ default: Command }>>> = {
  serve: () => import("./commands/serve.ts"),
  proxy: () => import("./commands/proxy.ts"),
  get: () => import("./commands/get.ts"),
  "transform-serve": () => import("./commands/transform-serve.ts"),
  "transform-proxy": () => import("./commands/transform-proxy.ts"),
};

const EXIT_USAGE = 2;

/**
 * Runs the command that `argv` (without the program's name) calls, or explains it.
 *
 * @returns the exit code: 0 done, 1 failed, 2 usage
 */
export async function dispatch(argv: string[]): Promise<number> {
  const [first, ...rest] = argv;
  try {
    if (first === "--help" || first === "-h") return print(1, await helpOfAll());
    if (first === "help") return print(1, await helpOn(rest));
    const command = await find(first);
    const help = helpWanted(rest);
    if (help === "-h") return print(1, shortHelp(command, page()));
    if (help === "--help") return print(1, longHelp(command, page(), presetIn(command, rest)));
    const settled = await readSettings(command, rest);
    const { result } = await runCommand(command.definition, { rawArgs: rest, data: settled });
    await flushLog();
    return result as number;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const name = first !== undefined && Object.hasOwn(COMMANDS, first) ? ` ${first}` : "";
    const stop = error.message.endsWith("?") ? "" : ".";
    await print(2, `poetry${name}: ${escapeControls(error.message)}${stop}\nTry "poetry${name} --help".\n`);
    return EXIT_USAGE;
  }
}

async function find(name: string | undefined): Promise<Command> {
  const names = Object.keys(COMMANDS);
  if (name === undefined) throw new UsageError(`Missing command: one of ${names.join(", ")}`);
  // hasOwn: "constructor" is no command of ours.
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (load) return (await load()).default;
  if (!name.startsWith("-")) throw new UsageError(`Unknown command ${name}${didYouMean(name, names)}`);
  const meant = didYouMean(name.replace(/^-+/, ""), ["version", "help"], "--");
  throw new UsageError(`Unknown flag ${name}${meant}`);
}

/** The flag that asks for help, wherever it stands before `--`. */
function helpWanted(argv: readonly string[]): string | undefined {
  const end = argv.indexOf("--");
  return argv.slice(0, end === -1 ? undefined : end).find((word) => word === "--help" || word === "-h");
}

/** `poetry help`, `poetry help COMMAND`. */
async function helpOn([name, ...rest]: readonly string[]): Promise<string> {
  if (rest.length > 0) throw new UsageError(`Unexpected argument "${rest[0]}"`);
  if (name === undefined || name === "--help" || name === "-h" || name === "help") return helpOfAll();
  return longHelp(await find(name), page());
}

async function helpOfAll(): Promise<string> {
  const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()));
  return overview(
    pkg,
    commands.map((each) => each.default),
    page(),
  );
}

/** The preset that a command line names, whatever else is wrong with it. */
function presetIn({ presets = {} }: Command, argv: readonly string[]) {
  const { values } = parseArgs({ args: [...argv], options: { preset: { type: "string" } }, strict: false });
  return presetOf(typeof values.preset === "string" ? values.preset : undefined, presets);
}

/** Standard output, as wide as its terminal; headings stand out there unless $NO_COLOR is set. */
function page(): Page {
  return {
    columns: process.stdout.columns || 80,
    heading: (text) => styleText("bold", text, { stream: process.stdout, validateStream: true }),
  };
}
