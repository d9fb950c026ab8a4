import { describe, expect, test } from "bun:test";
import { readArgv } from "../../src/cli/argv.ts";
import type { TextTest } from "../../src/protocols/pattern.ts";
import { proxy } from "../../src/settings/commands.ts";
import { presets } from "../../src/settings/presets.ts";
import type { Setting } from "../../src/settings/setting.ts";
import { prepare } from "../../src/settings/settle.ts";
import { optionsOf } from "../support/preset.ts";
import { poetry } from "../support/program.ts";

/** Which settings load what they need for this command line. */
async function loadersFor(...argv: string[]): Promise<string[]> {
  const loaders: string[] = [];
  const watched = Object.entries(proxy).map(([name, setting]: [string, Setting]) => [
    name,
    setting.prepare ? { ...setting, prepare: () => Promise.resolve(void loaders.push(name)) } : setting,
  ]);
  await prepare(Object.fromEntries(watched), { written: readArgv(proxy, ["1", ...argv]), presets });
  return loaders;
}

test.each([
  [[], []],
  [["--request", "line", "--ttl", "2h"], []],
  [["--preset", "daytime"], []],
  [["--allow", "x"], ["allow"]],
  [["--ttl-for=x=2s"], ["ttl-for"]],
  [["--preset", "finger"], ["cacheable"]],
])("the engine of patterns is loaded for %j only where there is one", async (argv, loaders) => {
  expect(await loadersFor(...argv)).toEqual(loaders);
});

describe("poetry proxy", () => {
  test.each([
    [["--allow", "^(?!x)"], /^poetry proxy: Bad --allow "\^\(\?!x\)": expected .*"!" before a whole pattern/],
    [["--no-store", "/x/gi"], /^poetry proxy: Bad --no-store "\/x\/gi": expected .*i, m and s/],
    [["--key-drop", "!x"], /^poetry proxy: Bad --key-drop "!x": expected .*\[!\]/],
    [["--complete", "x{2000}"], /^poetry proxy: Bad --complete .*\{2000\}/],
    [["--ttl-for", "[^]=5s"], /^poetry proxy: Bad --ttl-for .*\(\?s:\.\)/],
    [["--eol", "cr"], /^poetry proxy: Bad --eol "cr": expected crlf or lf/],
  ])("%j is a usage error that says what to write", async (argv, message) => {
    const { code, stderr } = await poetry("proxy", "1", ...argv);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });
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

test("requires all, any or the first of patterns given several times", () => {
  const given = optionsOf("nex", ...LISTS);
  const { requests, noStore, refusal, ttlFor, complete } = given;
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
