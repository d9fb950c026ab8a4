import { resolve } from "node:path";
import type { SettledFor } from "../process/build.ts";
import { serve } from "../process/serve.ts";
import { commandTable } from "../settings/file/command-table.ts";
import type { Kind } from "../settings/kinds.ts";
import type { Settled } from "../settings/settled.ts";
import { print } from "./print.ts";

/** Runs the service that a command line describes, or prints its configuration file. Returns the exit code. */
export function runOrPrint<K extends Kind>(kind: K, settled: SettledFor<K>): Promise<number> {
  if (!settled.values["print-config"]) return serve(kind, settled);
  return print(
    1,
    commandTable(kind, settled as unknown as Settled, (path) => resolve(path)),
  );
}
