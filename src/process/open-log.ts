import { fstatSync } from "node:fs";
import { Deferred, setUnhandledErrorReporter } from "../deferred/mod.ts";
import { describeSystemError } from "../net/errors.ts";
import { gapWriter, type LineStyle } from "../observe/lines.ts";
import { createLog, type Log } from "../observe/log.ts";
import { Writer } from "../observe/writer.ts";
import { systemClock as clock } from "../time/clock.ts";
import type { observing } from "../settings/rows/observing.ts";
import type { Values } from "../settings/settled.ts";
import { LogFile, openSink } from "./sink.ts";

/** The settings of the log: format and level. */
export type LogSettings = Omit<Values<typeof observing>, "help">;

const STANDARD_ERROR = 2;

/** The destination of a log. */
export interface LogPlace {
  /** Whether equal lines within a second are folded into one. Default: true. */
  readonly folds?: boolean;
  /** Absent: on standard error. */
  readonly file?: string | undefined;
}

/** How long a process that is done waits for the reader of its log, which may have stopped, in milliseconds. */
const FLUSH_MS = 500;

/** The one log of the process. Anything else that goes to standard error uses its writer, too, to keep the order. */
let opened: { readonly log: Log; readonly writer: Writer; readonly file?: LogFile | undefined } | undefined;

/**
 * Opens the log of the process, on standard error or in a file.
 *
 * @throws {Error} if the file cannot be opened
 */
export function openLog(settings: LogSettings, { folds = true, file }: LogPlace = {}): Log {
  const { quiet, verbose } = settings;
  const style = lineStyle(settings, file);
  const logFile = file === undefined ? undefined : openFile(file);
  const writer = new Writer(logFile ?? openSink(STANDARD_ERROR), clock, gapWriter(style));
  const log = createLog({ ...style, quiet, verbose, stream: writer, clock: folds ? clock : undefined });
  // The default reporter uses console.error, which blocks until somebody reads.
  setUnhandledErrorReporter((failure, origin) =>
    log.error(`Unhandled error in Deferred: ${failure.stack}${origin}`, { event: "bug" }),
  );
  opened = { log, writer, file: logFile };
  return log;
}

/** The format of the lines of a log. */
export function lineStyle({ log: format }: LogSettings, file?: string): LineStyle {
  return { format, front: file === undefined && isJournal(STANDARD_ERROR) ? "priority" : "time" };
}

/**
 * Reopens the log file, if the log has one, after it has been moved away.
 *
 * @throws {Error} if that fails; the old file stays in use
 */
export function reopenLog(): void {
  const { file, writer } = opened ?? {};
  if (!file) return;
  writer?.writeNow(); // Earlier lines belong to the old file.
  try {
    file.reopen();
  } catch (error) {
    throw new Error(`Cannot reopen ${file.path}: ${describeSystemError(error)}`, { cause: error });
  }
}

/** The writer of the log, for output that must keep its order among the lines. */
export function logWriter(): Writer {
  if (!opened) throw new Error("There is no log yet");
  return opened.writer;
}

/** Waits until all lines have been written, at most half a second. */
export async function flushLog(): Promise<void> {
  if (!opened) return;
  opened.log.flush();
  const written = new Deferred<void>();
  opened.writer.flush(() => written.callback());
  await written.addTimeout(FLUSH_MS, clock).addErrback(() => {});
}

function openFile(path: string): LogFile {
  try {
    return new LogFile(path);
  } catch (error) {
    throw new Error(`Cannot open ${path}: ${describeSystemError(error)}`, { cause: error });
  }
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
