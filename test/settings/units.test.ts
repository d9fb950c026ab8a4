import { describe, expect, test } from "bun:test";
import {
  count,
  countOrInf,
  countOrZero,
  duration,
  finiteDuration,
  nonEmpty,
  oneOf,
  positiveSize,
  rate,
  size,
  someOf,
} from "../../src/settings/units.ts";

const NO_NUMBERS = ["", " ", "-1", "+1", "1 ", " 1", "1e3", "0x10", "1_000", "1,5", ".5", "NaN", "Infinity"];

describe("duration()", () => {
  test.each([
    ["0", 0],
    ["0s", 0],
    ["250ms", 250],
    ["90s", 90_000],
    ["2m", 120_000],
    ["1.5h", 5_400_000],
    ["2h", 7_200_000],
    ["30d", 2_592_000_000],
    ["0.7s", 700],
    ["inf", Infinity],
  ])('reads "%s" as %d ms', (text, ms) => {
    expect(duration(text)).toBe(ms);
  });

  test.each([
    ...NO_NUMBERS,
    ..."5|-5s|+5s|2h junk|junk 2h|5 s|5S|5H|5 fortnights|5w|1y|1h30m|1.s|.5s|1e3s|-inf|INF|infs|00|0x5s|5s\n".split(
      "|",
    ),
    `${"9".repeat(400)}s`,
  ])('refuses "%s" and says what it expected', (text) => {
    expect(() => duration(text)).toThrow(
      new SyntaxError("expected a duration such as 250ms, 90s, 1.5h, 30d, 0 or inf"),
    );
  });
});

describe("finiteDuration()", () => {
  test("reads what duration() reads, except inf", () => {
    expect(finiteDuration("0.7s")).toBe(700);
    expect(finiteDuration("0")).toBe(0);
    expect(() => finiteDuration("inf")).toThrow(/^expected a duration of finite length/);
  });

  test("does not suggest what it rejects", () => {
    expect(() => finiteDuration("junk")).toThrow(/^(?!.*\binf\b)/);
  });
});

describe("size()", () => {
  test.each([
    ["0", 0],
    ["1", 1],
    ["4096", 4096],
    ["10B", 10],
    ["512KiB", 524_288],
    ["64MiB", 67_108_864],
    ["1.5GiB", 1_610_612_736],
    ["0.5KiB", 512],
  ])('reads "%s" as %d bytes', (text, bytes) => {
    expect(size(text)).toBe(bytes);
  });

  test.each([
    ...NO_NUMBERS,
    ..."10MB|10kib|10 MiB|10MiB junk|1.5|1.5B|0.3KiB|5X|-1KiB|KiB|1.KiB|9007199254740992|99999999GiB|inf".split(
      "|",
    ),
  ])('refuses "%s" and says what it expected', (text) => {
    expect(() => size(text)).toThrow(new SyntaxError("expected a size such as 4096, 512KiB or 64MiB"));
  });
});

test("positiveSize() rejects 0, however it is written", () => {
  expect(positiveSize("1")).toBe(1);
  for (const text of ["0", "0KiB", "0.0MiB"])
    expect(() => positiveSize(text)).toThrow(new SyntaxError("expected a size of at least 1 byte"));
});

describe("count()", () => {
  test.each([
    ["1", 1],
    ["10", 10],
    ["999999999999999", 999_999_999_999_999],
  ])('reads "%s"', (text, value) => {
    expect(count(text)).toBe(value);
  });

  test.each([...NO_NUMBERS, "0", "00", "1.5", "10x", "9".repeat(16)])('refuses "%s"', (text) => {
    expect(() => count(text)).toThrow(new SyntaxError("expected a whole number of at least 1"));
  });
});

test.each([
  ["countOrZero", countOrZero, "0", 0, "at least 0"],
  ["countOrInf", countOrInf, "inf", Infinity, "at least 1, or inf"],
] as const)("%s() says in its complaint that it takes %p", (_name, parse, text, value, expected) => {
  expect(parse(text)).toBe(value);
  expect(parse("7")).toBe(7);
  for (const wrong of ["-1", "", "1.5", "x"])
    expect(() => parse(wrong)).toThrow(new SyntaxError(`expected a whole number of ${expected}`));
});

test("oneOf() accepts exactly its words", () => {
  const parse = oneOf("text", "json");
  expect(parse("text")).toBe("text");
  expect(parse("json")).toBe("json");
  for (const text of ["", "Text", "xml", "text json", "constructor"])
    expect(() => parse(text)).toThrow(new SyntaxError("expected text or json"));
});

test("oneOf() lists its words as in a sentence", () => {
  expect(() => oneOf("crlf", "trim", "squeeze", "lower")("x")).toThrow(
    "expected crlf, trim, squeeze or lower",
  );
  expect(() => oneOf("crlf")("x")).toThrow(/expected crlf$/);
});

test("someOf() accepts a list of its words, each once", () => {
  const parse = someOf("crlf", "trim", "lower");
  expect(parse("")).toEqual([]);
  expect(parse("trim,crlf")).toEqual(["trim", "crlf"]);
  for (const text of ["trim,", ",", "trim, crlf", "trim,tram"])
    expect(() => parse(text)).toThrow(new SyntaxError("expected crlf, trim or lower"));
  expect(() => parse("trim,crlf,trim")).toThrow(new SyntaxError("expected trim only once"));
});

test("nonEmpty() accepts any text but an empty one", () => {
  expect(nonEmpty(" ")).toBe(" ");
  expect(nonEmpty("--help")).toBe("--help");
  expect(() => nonEmpty("")).toThrow(new SyntaxError("must not be empty"));
});

describe("rate()", () => {
  test.each([
    ["1/s", 1, 1000],
    ["30/m", 30, 60_000],
    ["999999/h", 999_999, 3_600_000],
  ])("reads %s", (text, most, span) => {
    expect(rate(text)).toEqual({ count: most, span });
  });

  test.each(["", "30", "0/s", "1/d", "1.5/s", "-1/s", "1/ s", "1000000/s", "/s", "s"])(
    "refuses %j and says what it expected",
    (text) => {
      expect(() => rate(text)).toThrow("expected a rate such as 20/s, 30/m or 100/h");
    },
  );
});
