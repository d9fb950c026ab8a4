import { createLog, type Log } from "../observe/log.ts";
import type { observing } from "../settings/observing.ts";
import type { Values } from "../settings/settle.ts";

/** The log that the settings ask for, on standard error. */
export function openLog({ log, quiet, verbose }: Values<typeof observing>): Log {
  process.stderr.on("error", () => {}); // Its reader may go away; the service goes on.
  return createLog({ format: log, quiet, verbose, stream: process.stderr });
}
