import { createLog, type Log } from "../observe/log.ts";
import type { Values } from "../cli/args.ts";
import type { commonArgs } from "../cli/shared-args.ts";

/** The log that the common arguments ask for, on standard error. */
export function openLog({ log, quiet, verbose }: Values<typeof commonArgs>): Log {
  process.stderr.on("error", () => {}); // Its reader may go away; the service goes on.
  return createLog({ format: log, quiet, verbose, stream: process.stderr });
}
