import { describe, expect, test } from "bun:test";
import { readArgv } from "../../src/cli/argv.ts";
import { parsePort } from "../../src/net/address.ts";
import {
  flag,
  group,
  list,
  positional,
  positionals,
  setting,
  UsageError,
  type Settings,
} from "../../src/settings/setting.ts";
import { didYouMean, settle } from "../../src/settings/settle.ts";
import { nonEmpty } from "../../src/settings/units.ts";

const port = (text: string) => parsePort(text);

const one = group("", {
  file: positional({ hint: "a poem", help: "The poem", parse: nonEmpty }),
  port: setting({ hint: "PORT", alias: "p", default: "0", help: "", parse: port }),
  host: setting({ hint: "HOST", alias: "iface", default: "127.0.0.1", help: "", parse: nonEmpty }),
  output: setting({ hint: "FILE", alias: "o", help: "", parse: nonEmpty }),
  also: list({ hint: "TEXT", help: "", parse: nonEmpty }),
  quiet: flag({ alias: "q", help: "" }),
  verbose: flag({ alias: "v", help: "" }),
});

const many = group("", {
  address: positionals({ hint: "PORT", help: "The servers", parse: port }),
  quiet: flag({ alias: "q", help: "" }),
});

const standard = {
  file: "f",
  port: 0,
  host: "127.0.0.1",
  output: undefined,
  also: [] as string[],
  quiet: false,
  verbose: false,
};

function read<S extends Settings>(settings: S, argv: readonly string[]) {
  return settle(settings, readArgv(settings, argv)).values;
}

describe("readArgv()", () => {
  test.each([
    [["f"], {}],
    [["f", "--port", "80"], { port: 80 }],
    [["f", "--port=80"], { port: 80 }],
    [["-p", "80", "f"], { port: 80 }],
    [["-p80", "f"], { port: 80 }],
    [["f", "--iface", "::1"], { host: "::1" }],
    [["f", "--output", "-"], { output: "-" }],
    [["f", "--output=-x"], { output: "-x" }],
    [["f", "--output=--quiet"], { output: "--quiet" }],
    [["f", "-o-x"], { output: "-x" }],
    [["f", "--output", "a b"], { output: "a b" }],
    [["f", "--also", "1", "--also=-2", "--also", "1"], { also: ["1", "-2", "1"] }],
    [["f", "-q"], { quiet: true }],
    [["f", "-qv"], { quiet: true, verbose: true }],
    [["f", "-qvp", "80"], { quiet: true, verbose: true, port: 80 }],
    [["--quiet", "f"], { quiet: true }],
    [["--", "--port"], { file: "--port" }],
    [["-"], { file: "-" }],
  ])("reads %j", (argv, values) => {
    const found: object = read(one, argv);
    expect(found).toEqual({ ...standard, ...values });
  });

  test("collects every positional of a kind, in order", () => {
    expect(read(many, ["3", "--quiet", "1", "2", "--", "4"])).toEqual({
      address: [3, 1, 2, 4],
      quiet: true,
    });
  });

  test("does not change the arguments it was given", () => {
    const argv = ["f", "--port", "80"];
    readArgv(one, argv);
    expect(argv).toEqual(["f", "--port", "80"]);
  });

  test.each([
    [["f", "--prot", "1"], "--prot", "--port"],
    [["f", "--ifac", "1"], "--ifac", "--iface"],
    [["f", "--verbos"], "--verbos", "--verbose"],
  ])("names an unknown flag and the one that was meant: %j", (argv, name, meant) => {
    const { message } = refusal(one, argv);
    expect(message).toStartWith(`Unknown flag ${name}`);
    expect(message).toContain(`did you mean ${meant}?`);
  });

  test.each([
    [["f", "--zzzzzz"], "--zzzzzz"],
    [["f", "--no-quiet"], "--no-quiet"],
    [["f", "-x"], "-x"],
    [["f", "-qx"], "-x"],
    [["f", "--constructor"], "--constructor"],
    [["f", "--__proto__=1"], "--__proto__"],
    [["f", "--toString", "1"], "--toString"],
    [["f", "--=1"], "--=1"],
  ])("names an unknown flag that is like no other: %j", (argv, name) => {
    expect(refusal(one, argv).message).toBe(`Unknown flag ${name}`);
  });

  test.each([
    [["f", "--port"], "--port needs a value: PORT"],
    [["f", "-p"], "-p needs a value: PORT"],
    [["f", "--iface"], "--iface needs a value: HOST"],
    [["f", "--quiet=yes"], '--quiet takes no value, got "yes"'],
    [["f", "--quiet="], '--quiet takes no value, got ""'],
    [["f", "--port", "80x"], 'Bad --port "80x": expected a port from 0 to 65535'],
    [["f", "--port="], 'Bad --port "": expected a port from 0 to 65535'],
    [["f", "-p=80"], 'Bad --port "=80": expected a port from 0 to 65535'],
    [["f", "--iface", ""], 'Bad --host "": must not be empty'],
    [["f", "g"], 'Unexpected argument "g"'],
    [["f", "--", "--quiet"], 'Unexpected argument "--quiet"'],
    [[""], 'Bad FILE "": must not be empty'],
    [[], "Missing FILE (a poem)"],
    [["--quiet"], "Missing FILE (a poem)"],
  ])("says what is wrong with %j", (argv, message) => {
    expect(refusal(one, argv).message).toBe(message);
  });

  test.each([
    [["f", "--port", "--quiet"], "--port", "PORT", "--quiet", "--port=--quiet"],
    [["f", "-p", "-q"], "-p", "PORT", "-q", "--port=-q"],
    [["f", "--output", "-x"], "--output", "FILE", "-x", "--output=-x"],
    [["f", "-o", "-x"], "-o", "FILE", "-x", "--output=-x"],
    [["f", "--iface", "--x=y"], "--iface", "HOST", "--x=y", "--host=--x=y"],
  ])("says how to write a value that begins with a dash: %j", (argv, name, hint, value, how) => {
    expect(refusal(one, argv).message).toBe(
      `${name} needs a value: ${hint} (write ${how} if "${value}" is the value)`,
    );
  });

  test.each([
    [["f", "--port", "80", "--port", "81"], "--port was given twice: expected it once"],
    [["f", "--port=80", "--port=80"], "--port was given twice: expected it once"],
    [["f", "-p80", "-p", "81"], "--port was given twice (-p is the same): expected it once"],
    [["f", "--iface=a", "--host", "b"], "--host was given twice: expected it once"],
    [["f", "--host=a", "--iface", "b"], "--host was given twice (--iface is the same): expected it once"],
    [["f", "-q", "--quiet"], "--quiet was given twice: expected it once"],
    [["f", "-vqv"], "--verbose was given twice (-v is the same): expected it once"],
  ])("refuses a flag that is given twice and is not a list: %j", (argv, message) => {
    expect(refusal(one, argv).message).toBe(message);
  });

  test.each([
    [[], "Missing ADDRESS (PORT)"],
    [["1", "x", "2"], 'Bad ADDRESS "x": expected a port from 0 to 65535'],
  ])("says what is wrong with a list: %j", (argv, message) => {
    expect(refusal(many, argv).message).toBe(message);
  });

  test.each(["--p=1", "--q"])("does not take the one-letter alias for a name: %s", (name) => {
    expect(() => readArgv(one, ["f", name])).toThrow(UsageError);
  });

  test("names a value that looks like a flag but is a number", () => {
    expect(refusal(one, ["f", "--port", "-1"]).message).toContain('"-1"');
  });
});

describe("didYouMean()", () => {
  test("suggests the closest name", () => {
    expect(didYouMean("prox", ["serve", "proxy"])).toContain("did you mean proxy?");
    expect(didYouMean("serv", ["serve", "proxy"], "--")).toContain("did you mean --serve?");
  });

  test("suggests nothing if no name is close", () => {
    expect(didYouMean("xyzzy", ["serve", "proxy"])).toBe("");
    expect(didYouMean("", ["serve", "proxy"])).toBe("");
    expect(didYouMean("x", [])).toBe("");
    expect(didYouMean("no", ["ok"])).toBe(""); // No nearer than any other word of two letters.
  });
});

function refusal(settings: Settings, argv: string[]): UsageError {
  try {
    read(settings, argv);
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error(`readArgv() took ${JSON.stringify(argv)}`);
}
