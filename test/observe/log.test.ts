import { describe, expect, test } from "bun:test";
import { createLog, type LogOptions } from "../../src/observe/log.ts";
import { LogLines } from "../support/log-lines.ts";

const MEBIBYTE = 1024 * 1024;

function record(options: Partial<LogOptions> = {}) {
  const stream = new LogLines();
  const log = createLog({ format: "text", quiet: false, verbose: false, stream, ...options });
  return { log, stream, lines: stream.lines };
}

function logAll({ log, lines }: ReturnType<typeof record>): string[] {
  log.debug("debug");
  log.info("info");
  log.warn("warn");
  log.error("error");
  return lines;
}

describe("createLog()", () => {
  test("writes a line for each call, and marks what went wrong", () => {
    expect(logAll(record())).toEqual(["info\n", "warn: warn\n", "error: error\n"]);
  });

  test("quiet, logs warnings and errors only", () => {
    expect(logAll(record({ quiet: true }))).toEqual(["warn: warn\n", "error: error\n"]);
  });

  test("verbose, logs every client, too", () => {
    expect(logAll(record({ verbose: true }))).toEqual([
      "debug\n",
      "info\n",
      "warn: warn\n",
      "error: error\n",
    ]);
  });

  test("quiet and verbose, is quiet", () => {
    expect(logAll(record({ quiet: true, verbose: true }))).toEqual(["warn: warn\n", "error: error\n"]);
  });

  test("does not fold equal lines", () => {
    const { log, lines } = record();
    for (let i = 0; i < 100; i++) log.info("Using cached poem.");
    expect(lines).toEqual(Array<string>(100).fill("Using cached poem.\n"));
  });

  test("takes its text as it is: no format, no object", () => {
    const { log, lines } = record();
    log.info("100 %s %d %o");
    log.info("{}", { event: "hit" });
    expect(lines).toEqual(["100 %s %d %o\n", "{}\n"]);
  });

  test("escapes control characters: what others sent forges no line and drives no terminal", () => {
    const { log, lines } = record();
    log.info("a\nerror: forged\r\x1b[31mred\x1b[0m\x07\x00\t\x7f\x9b ünïcode ✓");
    expect(lines).toEqual([
      "a\\x0aerror: forged\\x0d\\x1b[31mred\\x1b[0m\\x07\\x00\\x09\\x7f\\x9b ünïcode ✓\n",
    ]);
  });

  test("as JSON writes one object a line, with the fields behind time, level and text", () => {
    const { log, lines } = record({ format: "json" });
    log.info("a\n\x1b[31mb", { event: "hit", client: "127.0.0.1:1" });
    log.error("no fields");
    const entries = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.every((line) => line.indexOf("\n") === line.length - 1)).toBeTrue();
    expect(entries).toEqual([
      {
        ts: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        level: "info",
        msg: "a\n\x1b[31mb",
        event: "hit",
        client: "127.0.0.1:1",
      },
      { ts: expect.any(String), level: "error", msg: "no fields" },
    ]);
    expect(Object.keys(entries[0] ?? {}).slice(0, 3)).toEqual(["ts", "level", "msg"]);
  });

  test.each(["text", "json"] as const)("drops %s lines that nobody reads, and counts them", (format) => {
    const { log, stream, lines } = record({ format });
    stream.writableLength = MEBIBYTE;
    log.info("just fits");
    stream.writableLength = MEBIBYTE + 1;
    for (let i = 0; i < 3; i++) log.info("lost");
    log.error("lost as well");
    expect(lines).toHaveLength(1);
    stream.writableLength = 0;
    log.info("read again");
    log.info("and again");
    expect(lines).toHaveLength(4);
    expect(lines[1]).toContain("4 log lines dropped");
    expect(lines[1]).toContain("warn");
    expect(lines[2]).toContain("read again");
    expect(lines[3]).toContain("and again");
    for (const line of format === "json" ? lines : []) JSON.parse(line);
  });

  test("counts anew after each gap, and not what its level leaves out", () => {
    const { log, stream, lines } = record();
    for (const count of [1, 2]) {
      stream.writableLength = 2 * MEBIBYTE;
      for (let i = 0; i < count; i++) log.info("lost");
      log.debug("left out");
      stream.writableLength = 0;
      log.info("here");
    }
    expect(lines).toEqual(["warn: 1 log lines dropped\n", "here\n", "warn: 2 log lines dropped\n", "here\n"]);
  });
});
