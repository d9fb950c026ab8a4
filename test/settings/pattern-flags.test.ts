import { describe, expect, test } from "bun:test";
import { prepareArgs, UsageError } from "../../src/cli/args.ts";
import { argsOf } from "../../src/cli/command.ts";
import proxy from "../../src/cli/commands/proxy.ts";
import { requestOptions } from "../../src/cli/request-args.ts";
import type { TextTest } from "../../src/protocols/pattern.ts";
import { optionsOf, readProxyArgs } from "../support/preset.ts";
import { poetry } from "../support/program.ts";

/** How often patterns are loaded for this command line. */
async function loadsFor(...argv: string[]): Promise<number> {
  let loads = 0;
  const counted = Object.entries(argsOf(proxy, argv)).map(([name, arg]) => [
    name,
    arg.prepare ? { ...arg, prepare: () => Promise.resolve(void loads++) } : arg,
  ]);
  await prepareArgs(Object.fromEntries(counted), argv);
  return loads;
}

test.each([
  [[], 0],
  [["--request", "line", "--ttl", "2h"], 0],
  [["--preset", "daytime"], 0],
  [["--allow", "x"], 1],
  [["--ttl-for=x=2s"], 1],
  [["--preset", "finger"], 1],
])("what patterns are run by is loaded for %j only if there is one", async (argv, loads) => {
  expect(await loadsFor(...argv)).toBe(loads);
});

describe("poetry proxy", () => {
  test.each([
    [["--allow", "^(?!x)"], /^poetry proxy: Bad --allow "\^\(\?!x\)": expected .*"!" before a whole pattern/],
    [["--no-store", "/x/gi"], /^poetry proxy: Bad --no-store "\/x\/gi": expected .*i, m and s/],
    [["--key-drop", "!x"], /^poetry proxy: Bad --key-drop "!x": expected .*\[!\]/],
    [["--complete", "x{2000}"], /^poetry proxy: Bad --complete .*\{2000\}/],
    [["--ttl-for", "[^]=5s"], /^poetry proxy: Bad --ttl-for .*\(\?s:\.\)/],
    [["--eol", "cr"], /^poetry proxy: Bad --eol "cr": expected crlf or lf/],
    [
      ["--request", "nrpe", "--key-fold", "lower"],
      /^poetry proxy: --key-fold and --key-drop .*line, blank or eof/,
    ],
  ])("%j is a usage error that says what to write", async (argv, message) => {
    const { code, stderr } = await poetry("proxy", "1", ...argv);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });
});

test("requestOptions() refuses to change requests that say how long they are", () => {
  for (const framing of ["none", "bytes:4", "netstring", "zbxd", "nrpe"]) {
    for (const change of ["--key-fold=lower", "--key-drop=x"]) {
      const given = readProxyArgs(`--request=${framing}`, change) as unknown as Parameters<
        typeof requestOptions
      >[0];
      expect(() => requestOptions(given)).toThrow(UsageError);
    }
  }
});

const LISTS = [
  ["allow", "a", "!b"],
  ["cacheable", "a", "b"],
  ["key-drop", "a", "b"],
  ["no-store", "a", "b"],
  ["refusal", "!a", "b"],
  ["ttl-for", "a=1s", "!b=2s"],
  ["complete", "json", "a"],
].flatMap(([flag, ...values]) => values.map((value) => `--${flag}=${value}`));

test("of patterns given several times all, any or the first count", () => {
  const { requests, noStore, refusal, ttlFor, complete } = optionsOf(
    "daytime",
    "--request",
    "line",
    ...LISTS,
  );
  const texts = ["", "a", "b", "ab"];
  const passing = (pattern: TextTest | undefined) => texts.filter((text) => pattern?.test(text));
  expect(passing(requests.allow)).toEqual(["a"]);
  expect(passing(requests.cacheable)).toEqual(["ab"]);
  expect(passing(noStore)).toEqual(["a", "b", "ab"]);
  expect(passing(refusal)).toEqual(["", "b", "ab"]);
  expect(ttlFor.map(({ pattern, ttl }) => [passing(pattern), ttl])).toEqual([
    [["a", "ab"], 1000],
    [["", "a"], 2000],
  ]);
  expect({ isJson: complete?.isJson, passing: passing(complete) }).toEqual({
    isJson: true,
    passing: ["a", "ab"],
  });
  expect(requests.keyDrop?.cut("xabab")).toBe("xab");
});
