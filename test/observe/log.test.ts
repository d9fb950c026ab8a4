import { describe, expect, test } from "bun:test";
import { createLog, LEVELS, type LogOptions } from "../../src/observe/log.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";
import { LogLines } from "../support/log-lines.ts";

function record(options: Partial<LogOptions> = {}) {
  const stream = new LogLines();
  const log = createLog({ format: "text", quiet: false, verbose: false, stream, ...options });
  return { log, stream, lines: stream.lines };
}

function logAll({ log, lines }: ReturnType<typeof record>): string[] {
  log.debug("debug");
  log.info("info");
  log.notice("notice");
  log.warn("warn");
  log.error("error");
  return lines;
}

const ALL = ["debug\n", "info\n", "notice\n", "warn: warn\n", "error: error\n"];

describe("createLog()", () => {
  test("writes a line per call, and marks warnings and errors", () => {
    expect(logAll(record())).toEqual(ALL.slice(1));
  });

  test("quiet, logs warnings and errors only, and notices: starts and stops", () => {
    expect(logAll(record({ quiet: true }))).toEqual(ALL.slice(2));
  });

  test("verbose, logs every client, too", () => {
    expect(logAll(record({ verbose: true }))).toEqual(ALL);
  });

  test("quiet and verbose, is quiet", () => {
    expect(logAll(record({ quiet: true, verbose: true }))).toEqual(ALL.slice(2));
  });

  test("has a level, which can be changed", () => {
    const { log, lines } = record({ quiet: true });
    for (const name of ["debug", "info", "notice", "warn", "error"] as const) {
      expect(log.level >= LEVELS[name]).toBe(name !== "debug" && name !== "info");
    }
    const one = log.of("whois");
    log.level = LEVELS.debug;
    one.debug("both");
    log.debug("of them");
    expect(lines).toEqual(["whois: both\n", "of them\n"]);
  });

  test("without a clock does not fold equal lines", () => {
    const { log, lines } = record();
    for (let i = 0; i < 100; i++) log.info("Using cached poem.");
    expect(lines).toEqual(Array<string>(100).fill("Using cached poem.\n"));
  });

  test("writes its text unchanged: no format, no object", () => {
    const { log, lines } = record();
    log.info("100 %s %d %o");
    log.info("{}", { event: "hit" });
    expect(lines).toEqual(["100 %s %d %o\n", "{}\n"]);
  });

  test("escapes control characters: foreign text forges no line and controls no terminal", () => {
    const { log, lines } = record();
    log.info("a\nerror: forged\r\x1b[31mred\x1b[0m\x07\x00\t\x7f\x9b ünïcode ✓");
    expect(lines).toEqual([
      "a\\x0aerror: forged\\x0d\\x1b[31mred\\x1b[0m\\x07\\x00\\x09\\x7f\\x9b ünïcode ✓\n",
    ]);
  });

  test("as JSON writes one object per line, with the fields after time, level and text", () => {
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

  test("makes fields only for lines that have them and are written", () => {
    let made = 0;
    const fields = () => ({ made: ++made });
    const text = record();
    text.log.info("text", fields);
    const { log, lines } = record({ format: "json" });
    log.debug("not wanted", fields);
    expect(made).toBe(0);
    log.info("wanted", fields);
    expect(JSON.parse(lines[0] as string)).toMatchObject({ msg: "wanted", made: 1 });
  });

  test("names the service in front of the text, if there are several", () => {
    const { log, lines } = record({ front: "time" });
    log.of("whois").info("Using cached poem.");
    log.of("finger").warn("Cannot fetch");
    log.info("Shutting down.");
    expect(lines.map((line) => line.replace(/^[\d:.]{12} /, "TIME "))).toEqual([
      "TIME whois: Using cached poem.\n",
      "TIME finger: warn: Cannot fetch\n",
      "TIME Shutting down.\n",
    ]);
  });

  test("names the service in a field of JSON lines", () => {
    const { log, lines } = record({ format: "json" });
    log.of("whois").info("Using cached poem.", { event: "hit" });
    expect(JSON.parse(lines[0] as string)).toEqual({
      ts: expect.any(String),
      level: "info",
      msg: "Using cached poem.",
      service: "whois",
      event: "hit",
    });
  });
});

const SECOND = 1000;

function folding(options: Partial<LogOptions> = {}) {
  const clock = new ManualClock();
  return { clock, ...record({ clock, ...options }) };
}

describe("createLog() with a clock", () => {
  test("writes the first of equal lines at once, and the others within a second as one with their count", () => {
    const { log, lines, clock } = folding();
    for (let i = 0; i < 4211; i++) log.info("Using cached poem.");
    log.warn("Cannot fetch");
    expect(lines).toEqual(["Using cached poem.\n", "warn: Cannot fetch\n"]);
    for (let i = 0; i < 2; i++) log.warn("Cannot fetch");
    clock.advance(SECOND);
    expect(lines.slice(2)).toEqual(["Using cached poem, 4,210 times.\n", "warn: Cannot fetch, 2 times\n"]);
  });

  test("writes a single repetition as it is", () => {
    const { log, lines, clock } = folding();
    for (let i = 0; i < 2; i++) log.info("Using cached poem.");
    clock.advance(SECOND);
    expect(lines).toEqual(Array<string>(2).fill("Using cached poem.\n"));
  });

  test("writes one line a second while equal ones keep coming", () => {
    const { log, lines, clock } = folding();
    for (let i = 0; i < 50; i++) {
      log.info("Using cached poem.");
      clock.advance(SECOND / 10);
    }
    expect(lines).toEqual([
      "Using cached poem.\n",
      "Using cached poem, 9 times.\n",
      ...Array<string>(4).fill("Using cached poem, 10 times.\n"),
    ]);
  });

  test("folds lines within a second of the same line, not of another one", () => {
    const { log, lines, clock } = folding();
    log.info("early");
    clock.advance(SECOND - 100);
    for (let i = 0; i < 3; i++) {
      log.info("late");
      clock.advance(100);
    }
    expect(lines).toEqual(["early\n", "late\n"]);
    clock.advance(SECOND);
    expect(lines.slice(2)).toEqual(["late, 2 times\n"]);
  });

  test("forgets a line a second after its last repetition was written, and leaves no timer behind", () => {
    const { log, lines, clock } = folding();
    for (let i = 0; i < 3; i++) log.info("again");
    clock.advance(2 * SECOND);
    expect(clock.pending).toBe(0);
    log.info("again");
    expect(lines).toEqual(["again\n", "again, 2 times\n", "again\n"]);
  });

  test("does not fold lines of different levels or services", () => {
    const { log, lines } = folding();
    log.info("same");
    log.warn("same");
    log.of("a").info("same");
    log.of("b").info("same");
    expect(lines).toEqual(["same\n", "warn: same\n", "a: same\n", "b: same\n"]);
  });

  test("does not count what its level leaves out", () => {
    const { log, lines, clock } = folding();
    for (let i = 0; i < 3; i++) log.debug("left out");
    clock.advance(SECOND);
    expect(lines).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  test("as JSON folds only lines with equal fields, and adds the count to them", () => {
    const { log, lines, clock } = folding({ format: "json" });
    for (const client of ["a", "b", "a", "a"]) log.info("Using cached poem.", { event: "hit", client });
    clock.advance(SECOND);
    const parsed = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(parsed.map(({ msg, client, event, count }) => ({ msg, client, event, count }))).toEqual([
      { msg: "Using cached poem.", client: "a", event: "hit", count: undefined },
      { msg: "Using cached poem.", client: "b", event: "hit", count: undefined },
      { msg: "Using cached poem, 2 times.", client: "a", event: "hit", count: 2 },
    ]);
  });

  test("flush() writes what was counted so far, for all services, and ends the folding", () => {
    const { log, lines, clock } = folding();
    for (const each of [log, log.of("whois")]) for (let i = 0; i < 3; i++) each.info("again");
    log.info("once");
    expect(lines).toEqual(["again\n", "whois: again\n", "once\n"]);
    log.flush();
    expect(lines.slice(3)).toEqual(["again, 2 times\n", "whois: again, 2 times\n"]);
    expect(clock.pending).toBe(0);
    log.flush();
    expect(lines).toHaveLength(5);
  });

  test("remembers a bounded number of lines, and loses none of what it counted", () => {
    const { log, lines, clock } = folding();
    for (let i = 0; i < 3; i++) log.info("counted");
    for (let i = 0; i < 5000; i++) log.info(`Sending 1 byte to client ${i}.`);
    expect(lines.filter((line) => line.startsWith("counted"))).toEqual(["counted\n", "counted, 2 times\n"]);
    expect(lines).toHaveLength(5002);
    clock.advance(SECOND);
    expect(clock.pending).toBe(0);
  });
});
