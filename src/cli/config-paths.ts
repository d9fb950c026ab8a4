import { existsSync } from "node:fs";
import { UsageError } from "../settings/setting.ts";
import { PROGRAM } from "./program.ts";

/** The usual name of a configuration file. */
const USUAL = "poetry.toml";

/**
 * The configuration files that a command is to read.
 *
 * @param isGiven whether the command line names them
 * @throws {UsageError} if it does not, there are none where they are otherwise, and one lies in the working directory
 */
export function configPaths(command: string, paths: readonly string[], isGiven: boolean): readonly string[] {
  const missing = isGiven ? undefined : paths.find((path) => !existsSync(path));
  if (missing === undefined || !existsSync(USUAL)) return paths;
  throw new UsageError(`There is no ${missing} - did you mean "${PROGRAM} ${command} ${USUAL}"?`);
}
