import { escapeControls, escapeControlsInJson } from "../protocols/printable.ts";
import { timeOfDay, type TimeOfDay } from "../time/time-of-day.ts";

/** The formats of `--log`. */
export type LogFormat = "text" | "json";

/** The severity of a line. A `notice`, such as a start or a stop, is harmless, but written even with `--quiet`. */
export type LogLevel = "debug" | "info" | "notice" | "warn" | "error";

/** The format of all lines of a log. */
export interface LineStyle {
  readonly format: LogFormat;
  /**
   * The prefix of lines: the local time, or a priority for the journal, which keeps the time itself. JSON lines contain
   * their time anyway, so they get only the priority. Absent: none.
   */
  readonly front?: "time" | "priority" | undefined;
}

/** One line of a log, not yet formatted. */
export interface LogLine {
  readonly level: LogLevel;
  readonly date: TimeOfDay;
  readonly text: string;
  /** Additional fields of JSON lines. */
  readonly fields?: object | undefined;
  /** The service that it is about, if the process has several. */
  readonly service?: string | undefined;
}

/** The prefixes of lines on standard error under systemd: sd-daemon(3). */
const PRIORITIES: Readonly<Record<LogLevel, string>> = {
  error: "<3>",
  warn: "<4>",
  notice: "<5>",
  info: "<6>",
  debug: "<7>",
};

/** The function that formats lines in one style, each with its line end. */
export function lineWriter({ format, front }: LineStyle): (line: LogLine) => string {
  const body = format === "json" ? asJson : asText;
  if (front === "priority") return (line) => `${PRIORITIES[line.level]}${body(line)}\n`;
  if (front === "time" && format === "text") return (line) => `${clockTime(line.date)} ${body(line)}\n`;
  return (line) => `${body(line)}\n`;
}

/** The function that formats the line about dropped lines. */
export function gapWriter(style: LineStyle): (lines: number) => string {
  const write = lineWriter(style);
  return (lines) =>
    write({
      level: "warn",
      date: timeOfDay(),
      text: `${lines} log ${lines === 1 ? "line" : "lines"} dropped`,
      fields: { event: "dropped", lines },
    });
}

function asText({ level, text, service }: LogLine): string {
  const about = service === undefined ? "" : `${service}: `;
  const mark = level === "error" || level === "warn" ? `${level}: ` : "";
  return `${about}${mark}${escapeControls(text)}`;
}

/** A notice becomes an "info", because readers of JSON logs expect the four usual levels. */
function asJson({ level, date, text, fields, service }: LogLine): string {
  const shown = level === "notice" ? "info" : level;
  return escapeControlsInJson(
    JSON.stringify({ ts: date.toISOString(), level: shown, msg: text, service, ...fields }),
  );
}

/** The time of day in local time: HH:MM:SS.mmm. */
function clockTime(date: TimeOfDay): string {
  const seconds = [date.getHours(), date.getMinutes(), date.getSeconds()].map((n) => padded(n, 2)).join(":");
  return `${seconds}.${padded(date.getMilliseconds(), 3)}`;
}

function padded(n: number, digits: number): string {
  return String(n).padStart(digits, "0");
}
