import { defineCommand, renderUsage, runCommand, type ArgsDef, type CommandDef } from "citty";
import { parseArgs, stripVTControlCharacters } from "node:util";
import { prepareArgs, readArgs, type Arg, type Args, type Values } from "./args.ts";

/** What a command does with its arguments; gives the exit code. */
type Run<A extends Args> = (values: Values<A>) => PromiseLike<number>;

/** A command: citty renders its help and runs it, our own `readArgs` reads its arguments. */
export interface Command {
  readonly name: string;
  readonly description: string;
  readonly args: Args;
  /** What `--preset NAME` puts in place of the flags' own defaults, by name. */
  readonly presets?: Presets;
  readonly run: (values: Values<Args>) => PromiseLike<number>;
}

/** Defaults for several flags under one name, written as a user would write them. */
export interface Preset {
  readonly description: string;
  readonly flags: Readonly<Record<string, string | readonly string[]>>;
}

export type Presets = Readonly<Record<string, Preset>>;

/** Makes a command of a table of arguments and a function. */
export function command<A extends Args>(
  name: string,
  description: string,
  args: A,
  run: Run<A>,
  presets?: Presets,
): Command {
  const runAny = run as (values: Values<Args>) => PromiseLike<number>;
  return { name, description, args, run: runAny, ...(presets && { presets }) };
}

/**
 * Reads `argv` and runs the command; citty, which takes any flag and misses no value, has no say in what they mean.
 *
 * @returns the exit code
 * @throws {UsageError} before anything is run
 */
export async function execute(called: Command, argv: string[]): Promise<number> {
  const args = argsOf(called, argv);
  await prepareArgs(args, argv);
  const data = readArgs(args, argv);
  const { result } = await runCommand(definitionOf(called), { rawArgs: argv, data });
  return result as number;
}

/** What citty has to know of a command called with `argv`. */
export function definitionOf(called: Command, argv: readonly string[] = []): CommandDef {
  return defineCommand({
    meta: { name: `poetry ${called.name}`, description: called.description },
    args: describeArgs(argsOf(called, argv)),
    run: ({ data }) => called.run(data as Values<Args>),
  });
}

/** The command's arguments, with the defaults of the preset that `argv` names. */
export function argsOf({ args, presets }: Command, argv: readonly string[]): Args {
  const { values } = parseArgs({ args: [...argv], options: { preset: { type: "string" } }, strict: false });
  const name = values.preset;
  const flags = typeof name === "string" && presets && Object.hasOwn(presets, name) && presets[name]?.flags;
  if (!flags) return args;
  const filled = Object.entries(args).map(([flag, arg]) => [
    flag,
    { ...arg, default: flags[flag] ?? arg.default },
  ]);
  return Object.fromEntries(filled);
}

/** The help of a command, coloured only for a terminal. */
export async function usageOf(definition: CommandDef, coloured: boolean): Promise<string> {
  const text = await renderUsage(definition);
  const shown = coloured ? text : stripVTControlCharacters(text);
  return `${shown.replace(/ +$/gm, "").trimEnd()}\n`;
}

function describeArgs(args: Args): ArgsDef {
  return Object.fromEntries(
    Object.entries(args).map(([name, arg]) => [
      name + (arg.kind === "positionals" ? "..." : ""),
      describeArg(arg),
    ]),
  );
}

function describeArg(arg: Arg): ArgsDef[string] {
  const { kind, hint, alias, default: standard } = arg;
  // citty would show a long alias with one dash.
  const description = arg.description + (alias && alias.length > 1 ? ` (also --${alias})` : "");
  const shown = { description, ...(alias?.length === 1 && { alias }) };
  if (kind === "switch") return { ...shown, type: "boolean" };
  if (kind === "positional" || kind === "positionals")
    return { type: "positional", description, required: true };
  return {
    ...shown,
    type: "string",
    ...(hint && { valueHint: hint }),
    ...(standard !== undefined && { default: [standard].flat().join(" ") }),
  };
}
