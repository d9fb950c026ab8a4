import type { ArgsDef } from "citty";
import { isatty } from "node:tty";
import pkg from "../../package.json" with { type: "json" };
import { escapeControls } from "../protocols/printable.ts";
import { didYouMean, UsageError } from "./args.ts";
import { definitionOf, execute, usageOf, type Command } from "./command.ts";
import { flushLog } from "../process/open-log.ts";
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
 * Runs the command line `argv` (without the program's name).
 *
 * @returns the exit code: 0 done, 1 failed, 2 usage
 */
export async function run(argv: string[]): Promise<number> {
  const [first, ...rest] = argv;
  try {
    if (first === "--help" || first === "-h" || first === "help") return print(1, await overview());
    const command = await find(first);
    if (wantsHelp(rest)) return print(1, await usageOf(definitionOf(command, rest), isColoured()));
    const code = await execute(command, rest);
    await flushLog();
    return code;
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

function wantsHelp(argv: string[]): boolean {
  const end = argv.indexOf("--");
  return argv.slice(0, end === -1 ? undefined : end).some((word) => word === "--help" || word === "-h");
}

async function overview(): Promise<string> {
  const subCommands = Object.fromEntries(
    Object.entries(COMMANDS).map(([name, load]) => [name, async () => definitionOf((await load()).default)]),
  );
  const meta = { name: "poetry", version: pkg.version, description: pkg.description };
  const args: ArgsDef = {
    version: { type: "boolean", description: "Show the version" },
    help: { type: "boolean", alias: "h", description: "Show this help, or that of a command" },
  };
  return usageOf({ meta, args, subCommands }, isColoured());
}

function isColoured(): boolean {
  return isatty(1) && !process.env.NO_COLOR;
}
