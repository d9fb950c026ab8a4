import { describe, expect, test } from "bun:test";
import {
  gapWriter,
  lineWriter,
  type LineStyle,
  type LogLevel,
  type LogLine,
} from "../../src/observe/lines.ts";

/** The fourth of February 2026, a quarter of a second after five past seven, wherever the test runs. */
const date = new Date(2026, 1, 4, 7, 5, 9, 25);

function written(style: LineStyle, line: Partial<LogLine> = {}): string {
  return lineWriter(style)({ level: "info", date, text: "Using cached poem.", ...line });
}

describe("lineWriter()", () => {
  test("writes the local time if nothing else does", () => {
    expect(written({ format: "text", front: "time" })).toBe("07:05:09.025 Using cached poem.\n");
    expect(written({ format: "text", front: "time" }, { level: "warn", service: "whois" })).toBe(
      "07:05:09.025 whois: warn: Using cached poem.\n",
    );
  });

  test.each([
    ["error", "<3>error: "],
    ["warn", "<4>warn: "],
    ["notice", "<5>"],
    ["info", "<6>"],
    ["debug", "<7>"],
  ] as [LogLevel, string][])("gives a journal the priority of each %s, and no time", (level, front) => {
    expect(written({ format: "text", front: "priority" }, { level })).toBe(`${front}Using cached poem.\n`);
  });

  test("gives the journal priorities of JSON lines, too", () => {
    const line = written({ format: "json", front: "priority" }, { level: "warn" });
    expect(line.slice(0, 3)).toBe("<4>");
    expect(JSON.parse(line.slice(3))).toEqual({
      ts: date.toISOString(),
      level: "warn",
      msg: "Using cached poem.",
    });
  });

  test("writes the time in JSON lines", () => {
    expect(JSON.parse(written({ format: "json", front: "time" }))).toMatchObject({ ts: date.toISOString() });
  });

  test("has four levels in JSON: a notice is an info", () => {
    expect(JSON.parse(written({ format: "json" }, { level: "notice" }))).toMatchObject({ level: "info" });
  });

  test("escapes bidirectional controls and line ends, in text and in JSON", () => {
    const text = "a\u202eb\u2066c\u200fd\u061ce\u2028f\u2029g\x85h\x9bi\x7fj";
    const escaped = "a\\u202eb\\u2066c\\u200fd\\u061ce\\u2028f\\u2029g";
    expect(written({ format: "text" }, { text })).toBe(`${escaped}\\x85h\\x9bi\\x7fj\n`);
    const json = written({ format: "json" }, { text, fields: { request: text } });
    expect(json.split(`${escaped}\\u0085h\\u009bi\\u007fj`)).toHaveLength(3);
    expect(JSON.parse(json)).toMatchObject({ msg: text, request: text });
  });
});

describe("gapWriter()", () => {
  test("writes how many lines were dropped, as a warning", () => {
    expect(gapWriter({ format: "text" })(1)).toBe("warn: 1 log line dropped\n");
    expect(gapWriter({ format: "text" })(4)).toBe("warn: 4 log lines dropped\n");
    expect(JSON.parse(gapWriter({ format: "json" })(4))).toEqual({
      ts: expect.any(String),
      level: "warn",
      msg: "4 log lines dropped",
      event: "dropped",
      lines: 4,
    });
  });
});
