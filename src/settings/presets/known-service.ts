import type { Preset } from "../setting.ts";

/** A preset for a service that many run. */
export interface KnownService extends Preset {
  /** A command line that uses it, without the program's name. */
  readonly example: string;
  /** Why its flags are as they are: pieces of one text, with code as Markdown has it. */
  readonly notes: readonly string[];
}

export type KnownServices = Readonly<Record<string, KnownService>>;
