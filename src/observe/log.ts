import { createConsola, type ConsolaInstance, type ConsolaReporter, type LogObject } from "consola/core";
import { escapeControls } from "../protocols/printable.ts";

export type LogFormat = "text" | "json";

/** The part of a stream that a log writes to. */
export interface LogStream {
  write(text: string): boolean;
  /** Bytes written that nobody has read yet. */
  readonly writableLength: number;
}

export interface LogOptions {
  readonly format: LogFormat;
  /** Only warnings and errors. */
  readonly quiet: boolean;
  /** Every client, too. */
  readonly verbose: boolean;
  readonly stream: LogStream;
}

/** A log: consola's, with `info`, `warn`, `error` and `debug`. The first argument is the line, a second one its fields. */
export type Log = ConsolaInstance;

const WARN = 1;
const INFO = 3;
const DEBUG = 4;

/** How much may wait for a reader that has stopped; what comes then is dropped, and counted. */
const BACKLOG_BYTES = 1024 * 1024;

/** Makes a log that writes one line for each call, and never waits for whoever reads it. */
export function createLog({ format, quiet, verbose, stream }: LogOptions): Log {
  const render = format === "json" ? renderJson : renderText;
  let dropped = 0;
  const reporter: ConsolaReporter = {
    log(entry) {
      if (stream.writableLength > BACKLOG_BYTES) {
        dropped++;
        return;
      }
      if (dropped > 0)
        stream.write(
          render({
            ...entry,
            type: "warn",
            args: [`${dropped} log lines dropped`, { event: "dropped", lines: dropped }],
          }),
        );
      dropped = 0;
      stream.write(render(entry));
    },
  };
  return createConsola({
    level: quiet ? WARN : verbose ? DEBUG : INFO,
    throttle: 0, // Else consola folds equal lines, and loses them when the process ends.
    reporters: [reporter],
  });
}

function renderText({ type, args }: LogObject): string {
  const prefix = type === "error" || type === "warn" ? `${type}: ` : "";
  return `${prefix}${escapeControls(String(args[0]))}\n`;
}

function renderJson({ type, date, args }: LogObject): string {
  const fields = args[1] as object | undefined;
  return `${JSON.stringify({ ts: date.toISOString(), level: type, msg: args[0], ...fields })}\n`;
}
