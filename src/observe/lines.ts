import { escapeControls, escapeControlsInJson } from "../protocols/printable.ts";
import { timeOfDay, type TimeOfDay } from "../time/time-of-day.ts";

export type LogFormat = "text" | "json";

/** How weighty a line is. A `notice` is no trouble, but is told even with `--quiet`: a start, a stop. */
export type LogLevel = "debug" | "info" | "notice" | "warn" | "error";

/** How every line of a log looks. */
export interface LineStyle {
  readonly format: LogFormat;
  /**
   * What text lines begin with: the local time, or a priority for a journal that keeps the time itself (JSON lines always
   * know their time, and get the priority, too). Absent: nothing.
   */
  readonly front?: "time" | "priority" | undefined;
}

/** One line of a log, before it is text. */
export interface LogLine {
  readonly level: LogLevel;
  readonly date: TimeOfDay;
  readonly text: string;
  /** What JSON lines add. */
  readonly fields?: object | undefined;
  /** The service it is about, where there are several. */
  readonly service?: string | undefined;
}

/** sd-daemon(3): what a line on standard error begins with under systemd. */
const PRIORITIES: Readonly<Record<LogLevel, string>> = {
  error: "<3>",
  warn: "<4>",
  notice: "<5>",
  info: "<6>",
  debug: "<7>",
};

/** Makes the function that writes lines down in one style, each with its line end. */
export function lineWriter({ format, front }: LineStyle): (line: LogLine) => string {
  const body = format === "json" ? asJson : asText;
  if (front === "priority") return (line) => `${PRIORITIES[line.level]}${body(line)}\n`;
  if (front === "time" && format === "text") return (line) => `${clockTime(line.date)} ${body(line)}\n`;
  return (line) => `${body(line)}\n`;
}

/** Makes the function that tells of lines that were dropped. */
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

/** A notice is an "info" here: readers of JSON logs know four levels. */
function asJson({ level, date, text, fields, service }: LogLine): string {
  const shown = level === "notice" ? "info" : level;
  return escapeControlsInJson(
    JSON.stringify({ ts: date.toISOString(), level: shown, msg: text, service, ...fields }),
  );
}

/** HH:MM:SS.mmm, in local time. */
function clockTime(date: TimeOfDay): string {
  const seconds = [date.getHours(), date.getMinutes(), date.getSeconds()].map((n) => padded(n, 2)).join(":");
  return `${seconds}.${padded(date.getMilliseconds(), 3)}`;
}

function padded(n: number, digits: number): string {
  return String(n).padStart(digits, "0");
}
