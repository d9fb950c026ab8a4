import { beforeAll, describe, expect, test } from "bun:test";
import Ajv from "ajv";
import { readArgv } from "../../../src/cli/argv.ts";
import { readConfigFile } from "../../../src/process/config/config-file.ts";
import { plan, type Plan } from "../../../src/process/config/plan.ts";
import { formatComplaint } from "../../../src/process/config/complaint.ts";
import { loadPatterns } from "../../../src/protocols/pattern.ts";
import { commandTable } from "../../../src/settings/file/command-table.ts";
import { exampleOf, sampleFile } from "../../../src/settings/file/sample.ts";
import { fileSchema } from "../../../src/settings/file/schema.ts";
import { quoted, settingLine } from "../../../src/settings/file/toml-text.ts";
import { KINDS, processSettings, serviceKeys, type Kind } from "../../../src/settings/kinds.ts";
import {
  withAbsolutePath,
  group,
  isArgument,
  keyOf,
  list,
  setting,
  type Setting,
  type Settings,
} from "../../../src/settings/setting.ts";
import { settle } from "../../../src/settings/settle.ts";
import type { Settled } from "../../../src/settings/settled.ts";

beforeAll(loadPatterns);

const kinds = Object.keys(KINDS) as Kind[];
const isValid = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(fileSchema());

function problemsOf(text: string): string[] {
  isValid(Bun.TOML.parse(text));
  return (isValid.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/** The sample with every setting uncommented. */
const whole = sampleFile().replace(/^#(?=[a-z[])/gm, "");

describe("fileSchema()", () => {
  test("accepts the sample, unchanged and with everything enabled", () => {
    expect(problemsOf(sampleFile())).toEqual([]);
    expect(problemsOf(whole)).toEqual([]);
  });

  test.each([
    ["[prxy.a]\nupstream = 1", " must NOT have additional properties"],
    ["[proxy.a]\nupstream = 1\ntll = 1", "/proxy/a must NOT have additional properties"],
    ["[proxy.a]\nport = 1", "/proxy/a must have required property 'upstream'"],
    ["[proxy.a]\nupstream = true", "/proxy/a/upstream must be string,number"],
    ["[log]\nformat = 'xml'", "/log/format must be equal to one of the allowed values"],
    ["[defaults.proxy]\nupstream = 1", "/defaults/proxy must NOT have additional properties"],
    [
      "[proxy.a]\nupstream = 1\nttl = '2 h'",
      '/proxy/a/ttl must match pattern "^(0|inf|\\d+(\\.\\d+)?(ms|s|m|h|d))$"',
    ],
    ["[proxy.'a b']\nupstream = 1", "/proxy property name must be valid"],
  ])("refuses %j", (text, problem) => {
    expect(problemsOf(text)).toContain(problem);
  });
});

describe("sampleFile()", () => {
  test("has every setting of every service and of the process once in its table", () => {
    const document = Bun.TOML.parse(whole) as Record<string, Record<string, Record<string, unknown>>>;
    for (const kind of kinds)
      expect(Object.keys(document[kind]?.NAME ?? {}).toSorted()).toEqual(
        [...serviceKeys(kind).keys()].toSorted(),
      );
    for (const it of Object.values<Setting>(processSettings)) {
      const [table = "", key = ""] = keyOf(it).split(".");
      expect(Object.keys(document[table] ?? {})).toContain(key);
    }
  });

  test("has examples that the parser of each setting accepts", () => {
    for (const kind of kinds)
      for (const it of Object.values<Setting>(KINDS[kind].settings))
        for (const text of exampleOf(it)) expect(() => it.parse(text)).not.toThrow();
  });
});

describe("processSettings", () => {
  test("are all settings that files have outside of services", () => {
    const all = kinds.flatMap((kind) => Object.values<Setting>(KINDS[kind].settings));
    const ofProcess = new Set(all.filter((it) => it.key?.includes(".")).map((it) => it.flag));
    expect(Object.keys(processSettings).toSorted()).toEqual([...ofProcess, "max-memory"].toSorted());
  });
});

/** The settled options of a command line, and the same read from a file. */
async function both(kind: Kind, argv: readonly string[]): Promise<[Settled, Plan]> {
  const { settings, presets } = KINDS[kind];
  const settled = settle<Settings>(settings, readArgv(settings, argv), presets);
  const text = commandTable(kind, settled, (path) => `/here/${path}`);
  const planned = await plan([readConfigFile("f.toml", text)]);
  if ("complaints" in planned)
    throw new Error(`${text}\n${planned.complaints.map(formatComplaint).join("\n")}`);
  return [settled, planned.plan];
}

describe("commandTable()", () => {
  test.each<[Kind, string[]]>([
    ["serve", ["poems", "--delay", "0.7s", "--num-bytes", "5", "--port", "10001", "--host", "::1"]],
    [
      "proxy",
      ["db:9200", "--preset", "whois", "--allow", "^[a-z\"'\\\\]+$", "--allow", "!x", "--stream", "-p", "80"],
    ],
    [
      "proxy",
      ["1", "--request", "line", "--key-fold", "crlf,trim", "--ttl-for", "a=b=60s", "--ttl", "0", "-v"],
    ],
    ["transform-serve", ["--filter", "up=tr a-z A-Z", "--filter", "rev=rev", "--log", "json"]],
    ["transform-proxy", ["11000", "--transforms", "shout,rot13", "--drain-timeout", "1s"]],
    ["proxy", ["1", "--store", "kept", "--log-file", "log", "--metrics", "unix:m", "--control", "c"]],
    ["proxy", ["1", "--shared", "rediss://h:1", "--shared-password", "file:p", "--proxy-from", "::1"]],
  ])("writes the file that says the same as poetry %s %j", async (kind, argv) => {
    const [settled, { services, process }] = await both(kind, argv);
    expect(services[0]?.kind).toBe(kind);
    for (const it of Object.values<Setting>(KINDS[kind].settings)) {
      const { flag, key } = it;
      const there = key?.includes(".") ? (process as unknown as Settled) : services[0]?.settled;
      const texts = settled
        .textsOf(flag)
        .map((text) => withAbsolutePath(it, text, (path) => `/here/${path}`));
      expect({ flag, texts: there?.textsOf(flag), given: there?.isGiven(flag) }).toEqual({
        flag,
        texts,
        given: settled.isGiven(flag),
      });
    }
  });
});

describe("quoted()", () => {
  test.each(["", "x", 'a"b', "it's", "^\\w+$", "\\'", "tab\tnew\nline", "\u0000\u007f\u0085é😀", "'\"\\"])(
    "writes %j so that TOML reads it again",
    (text) => {
      expect(Bun.TOML.parse(`a = ${quoted(text)}`)).toEqual({ a: text });
    },
  );
});

test("settingLine() writes lists as arrays unless they have one element, and secrets nowhere", () => {
  const { a, b } = group("g", {
    a: list({ hint: "X", help: "", parse: (text) => text }),
    b: setting({ hint: "X", help: "", separator: ",", parse: (text) => text }),
  });
  expect(settingLine(a, ["x"])).toBe('a = "x"');
  expect(settingLine(a, ["x", "y"])).toBe('a = ["x", "y"]');
  expect(settingLine(b, ["x,y"])).toBe('b = ["x", "y"]');
  expect(isArgument(a)).toBe(false);
});
