import { defineCommand, type CommandDef } from "citty";
import { check } from "../settings/checks/complaints.ts";
import type { Presets, Settings } from "../settings/setting.ts";
import { prepare, settle } from "../settings/settle.ts";
import type { Settled } from "../settings/settled.ts";
import { readArgv } from "./argv.ts";

/** A command line, without the program's name, and what it does. */
export type Example = readonly [commandLine: string, effect: string];

/** What a command is, but for what it does. */
interface Description<S extends Settings> {
  readonly name: string;
  readonly description: string;
  readonly settings: S;
  /** What `--preset NAME` puts in place of the settings' own defaults, by name. */
  readonly presets?: Presets;
  readonly examples: readonly Example[];
}

/** A command: citty runs it, our own tables say what its arguments mean. */
export interface Command extends Description<Settings> {
  readonly definition: CommandDef;
}

/** Makes a command of its settings and a function, which gives the exit code. */
export function command<S extends Settings>(
  description: Description<S>,
  run: (settled: Settled<S>) => PromiseLike<number>,
): Command {
  const meta = { name: `poetry ${description.name}`, description: description.description };
  const definition = defineCommand({ meta, run: ({ data }) => run(data as Settled<S>) });
  return { ...description, definition };
}

/**
 * Reads the arguments of a command. citty, which takes any flag and misses no value, has no say in what they mean.
 *
 * @throws {UsageError}
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
