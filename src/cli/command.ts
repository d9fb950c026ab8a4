import { defineCommand, renderUsage, runCommand, type ArgsDef, type CommandDef } from "citty";
import { stripVTControlCharacters } from "node:util";
import { readArgs, type Arg, type Args, type Values } from "./args.ts";

/** What a command does with its arguments; gives the exit code. */
type Run<A extends Args> = (values: Values<A>) => PromiseLike<number>;

/** A command: citty renders its help and runs it, our own `readArgs` reads its arguments. */
export interface Command {
  readonly name: string;
  readonly args: Args;
  readonly definition: CommandDef;
}

/** Makes a command of a table of arguments and a function. */
export function command<A extends Args>(name: string, description: string, args: A, run: Run<A>): Command {
  return {
    name,
    args,
    definition: defineCommand({
      meta: { name: `poetry ${name}`, description },
      args: describeArgs(args),
      run: ({ data }) => run(data as Values<A>),
    }),
  };
}

/**
 * Reads `argv` and runs the command; citty, which takes any flag and misses no value, has no say in what they mean.
 *
 * @returns the exit code
 * @throws {UsageError} before anything is run
 */
export async function execute({ args, definition }: Command, argv: string[]): Promise<number> {
  const data = readArgs(args, argv);
  const { result } = await runCommand(definition, { rawArgs: argv, data });
  return result as number;
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
  if (kind !== "option") return { type: "positional", description, required: true };
  return {
    ...shown,
    type: "string",
    ...(hint && { valueHint: hint }),
    ...(standard !== undefined && { default: standard }),
  };
}
