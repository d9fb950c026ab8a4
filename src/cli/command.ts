import { defineCommand, type CommandDef } from "citty";
import { check } from "../settings/checks/complaints.ts";
import type { Presets, Settings } from "../settings/setting.ts";
import { prepare, settle } from "../settings/settle.ts";
import type { Settled } from "../settings/settled.ts";
import { readArgv } from "./argv.ts";

/** A command line, without the program's name, and what it does. */
export type Example = readonly [commandLine: string, effect: string];

/** The definition of a command, without its function. */
interface Description<S extends Settings> {
  readonly name: string;
  readonly description: string;
  readonly settings: S;
  /** The presets that `--preset NAME` may name. */
  readonly presets?: Presets;
  readonly examples: readonly Example[];
}

/** A command: citty runs it, our own tables define its arguments. */
export interface Command extends Description<Settings> {
  readonly definition: CommandDef;
}

/** Makes a command from its settings and a function that returns the exit code. */
export function command<S extends Settings>(
  description: Description<S>,
  run: (settled: Settled<S>) => PromiseLike<number>,
): Command {
  const meta = { name: `poetry ${description.name}`, description: description.description };
  const definition = defineCommand({ meta, run: ({ data }) => run(data as Settled<S>) });
  return { ...description, definition };
}

/**
 * Reads and checks the arguments of a command. Not with citty, which accepts unknown flags and missing values.
 *
 * @throws {UsageError} for the first mistake
 */
export async function readSettings(
  { settings, presets }: Command,
  argv: readonly string[],
): Promise<Settled> {
  const written = readArgv(settings, argv);
  await prepare(settings, { written, presets });
  const settled = settle(settings, written, presets);
  check(settled);
  return settled;
}
