import type { Preset } from "../setting.ts";

/** A preset for a well-known service. */
export interface KnownService extends Preset {
  /** A command line that uses it, without the program's name. */
  readonly example: string;
  /** Why its flags are what they are, and what its clients really send: the lines of one Markdown text. */
  readonly notes: readonly string[];
}

/** The presets by name. */
export type KnownServices = Readonly<Record<string, KnownService>>;
