import { fstatSync } from "node:fs";
import { Deferred, setUnhandledErrorReporter } from "../deferred/mod.ts";
import { gapWriter, type LineStyle } from "../observe/lines.ts";
import { createLog, type Log } from "../observe/log.ts";
import { Writer } from "../observe/writer.ts";
import { systemClock as clock } from "../time/clock.ts";
import type { observing } from "../settings/rows/observing.ts";
import type { Values } from "../settings/settle.ts";
import { openSink } from "./sink.ts";

/** How to log. */
export type LogSettings = Values<typeof observing>;

const STANDARD_ERROR = 2;

/** How long, in milliseconds, a process that is done waits for the reader of its log: it may have stopped. */
const FLUSH_MS = 500;

/** A process has one standard error, and so one log: whatever else is to be written there goes through its writer. */
let opened: { readonly log: Log; readonly writer: Writer } | undefined = undefined;

/**
 * Opens the log that the common arguments ask for, on standard error.
 *
 * @param folds whether equal lines of a second become one
 */
export function openLog({ log: format, quiet, verbose }: LogSettings, { folds = true } = {}): Log {
  const style: LineStyle = { format, front: isJournal(STANDARD_ERROR) ? "priority" : "time" };
  const writer = new Writer(openSink(STANDARD_ERROR), clock, gapWriter(style));
  const log = createLog({ ...style, quiet, verbose, stream: writer, clock: folds ? clock : undefined });
  // By default these go to console.error, which waits for its reader.
  setUnhandledErrorReporter((failure, origin) =>
    log.error(`Unhandled error in Deferred: ${failure.stack}${origin}`, { event: "bug" }),
  );
  opened = { log, writer };
  return log;
}

/** The writer of the log, for what must keep its place among the lines. */
export function logWriter(): Writer {
  if (!opened) throw new Error("There is no log yet");
  return opened.writer;
}

/** Waits until what was logged has been read, but not for long. */
export async function flushLog(): Promise<void> {
  if (!opened) return;
  opened.log.flush();
  const written = new Deferred<void>();
  opened.writer.flush(() => written.callback());
  await written.addTimeout(FLUSH_MS, clock).addErrback(() => {});
}

/** Whether systemd's journal reads `fd`: sd-daemon(3) and systemd.exec(5), $JOURNAL_STREAM. */
function isJournal(fd: number): boolean {
  const stream = process.env.JOURNAL_STREAM;
  if (stream === undefined) return false;
  try {
    const { dev, ino } = fstatSync(fd, { bigint: true });
    return stream === `${dev}:${ino}`;
  } catch {
    return false; // It is closed.
  }
}
