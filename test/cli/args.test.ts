import { describe, expect, test } from "bun:test";
import {
  didYouMean,
  option,
  positional,
  positionals,
  readArgs,
  toggle,
  UsageError,
} from "../../src/cli/args.ts";
import { parsePort } from "../../src/net/address.ts";
import { nonEmpty } from "../../src/settings/units.ts";

const one = {
  file: positional("The poem", nonEmpty),
  port: option({ hint: "PORT", alias: "p", default: "0", description: "", parse: (text) => parsePort(text) }),
  host: option({ hint: "HOST", alias: "iface", default: "127.0.0.1", description: "", parse: nonEmpty }),
  output: option({ hint: "FILE", alias: "o", description: "", parse: nonEmpty }),
  quiet: toggle("", "q"),
  verbose: toggle("", "v"),
};

const many = { address: positionals("The servers", (text) => parsePort(text)), quiet: toggle("", "q") };

const standard = {
  file: "f",
  port: 0,
  host: "127.0.0.1",
  output: undefined,
  quiet: false,
  verbose: false,
} as const;

describe("readArgs()", () => {
  test.each([
    [["f"], {}],
    [["f", "--port", "80"], { port: 80 }],
    [["f", "--port=80"], { port: 80 }],
    [["-p", "80", "f"], { port: 80 }],
    [["-p80", "f"], { port: 80 }],
    [["f", "--port", "80", "--port", "81"], { port: 81 }],
    [["f", "--iface", "::1"], { host: "::1" }],
    [["f", "--iface=a", "--host", "b"], { host: "b" }],
    [["f", "--output", "-"], { output: "-" }],
    [["f", "--output=-x"], { output: "-x" }],
    [["f", "--output", "a b"], { output: "a b" }],
    [["f", "-q"], { quiet: true }],
    [["f", "-qv"], { quiet: true, verbose: true }],
    [["f", "-qvp", "80"], { quiet: true, verbose: true, port: 80 }],
    [["--quiet", "f"], { quiet: true }],
    [["--", "--port"], { file: "--port" }],
    [["-"], { file: "-" }],
  ])("reads %j", (argv, values) => {
    expect(readArgs(one, argv)).toEqual({ ...standard, ...values });
  });

  test("collects every positional of a kind, in order", () => {
    expect(readArgs(many, ["3", "--quiet", "1", "2", "--", "4"])).toEqual({
      address: [3, 1, 2, 4],
      quiet: true,
    });
  });

  test("does not change the arguments it was given", () => {
    const argv = ["f", "--port", "80"];
    readArgs(one, argv);
    expect(argv).toEqual(["f", "--port", "80"]);
  });

  test.each([
    [["f", "--prot", "1"], "--prot", "--port"],
    [["f", "--ifac", "1"], "--ifac", "--iface"],
    [["f", "--verbos"], "--verbos", "--verbose"],
  ])("names an unknown flag and the one that was meant: %j", (argv, flag, meant) => {
    const { message } = refusal(one, argv);
    expect(message).toStartWith(`Unknown flag ${flag}`);
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
  ])("names an unknown flag that is like no other: %j", (argv, flag) => {
    expect(refusal(one, argv).message).toBe(`Unknown flag ${flag}`);
  });

  test.each([
    [["f", "--port"], "--port needs a value: PORT"],
    [["f", "-p"], "-p needs a value: PORT"],
    [["f", "--port", "--quiet"], "--port needs a value: PORT"],
    [["f", "-p", "-q"], "-p needs a value: PORT"],
    [["f", "--iface"], "--iface needs a value: HOST"],
    [["f", "--quiet=yes"], '--quiet takes no value, got "yes"'],
    [["f", "--quiet="], '--quiet takes no value, got ""'],
    [["f", "--port", "80x"], 'Bad --port "80x": expected a port from 0 to 65535'],
    [["f", "--port="], 'Bad --port "": expected a port from 0 to 65535'],
    [["f", "-p=80"], 'Bad --port "=80": expected a port from 0 to 65535'],
    [["f", "--iface", ""], 'Bad --host "": expected something that is not empty'],
    [["f", "g"], 'Unexpected argument "g"'],
    [["f", "--", "--quiet"], 'Unexpected argument "--quiet"'],
    [[""], 'Bad FILE "": expected something that is not empty'],
    [[], "Missing argument FILE: The poem"],
    [["--quiet"], "Missing argument FILE: The poem"],
  ])("says what is wrong with %j", (argv, message) => {
    expect(refusal(one, argv).message).toBe(message);
  });

  test.each([
    [[], "Missing argument ADDRESS: The servers"],
    [["1", "x", "2"], 'Bad ADDRESS "x": expected a port from 0 to 65535'],
  ])("says what is wrong with a list: %j", (argv, message) => {
    expect(refusal(many, argv).message).toBe(message);
  });

  test.each(["--p=1", "--q"])("does not take the one-letter alias for a name: %s", (flag) => {
    expect(() => readArgs(one, ["f", flag])).toThrow(UsageError);
  });

  test("names a value that looks like a flag but is a number", () => {
    expect(refusal(one, ["f", "--port", "-1"]).message).toContain('"-1"');
  });

  test("lets through what is no fault of the command line", () => {
    const broken = {
      file: positional("", () => {
        throw new RangeError("a bug");
      }),
    };
    expect(() => readArgs(broken, ["x"])).toThrow(RangeError);
  });
});

describe("didYouMean()", () => {
  test("recommends the name that is close", () => {
    expect(didYouMean("prox", ["serve", "proxy"])).toContain("did you mean proxy?");
    expect(didYouMean("serv", ["serve", "proxy"], "--")).toContain("did you mean --serve?");
  });

  test("says nothing when no name is close", () => {
    expect(didYouMean("xyzzy", ["serve", "proxy"])).toBe("");
    expect(didYouMean("", ["serve", "proxy"])).toBe("");
    expect(didYouMean("x", [])).toBe("");
  });
});

function refusal(table: Parameters<typeof readArgs>[0], argv: string[]): UsageError {
  try {
    readArgs(table, argv);
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error(`readArgs() took ${JSON.stringify(argv)}`);
}
