import { expect, test } from "bun:test";
import fc from "fast-check";
import { formatComplaint } from "../../../src/process/config/complaint.ts";
import { readConfigFile } from "../../../src/process/config/config-file.ts";
import { plan } from "../../../src/process/config/plan.ts";
import { exampleOf } from "../../../src/settings/file/sample.ts";
import { quoted, settingLine } from "../../../src/settings/file/toml-text.ts";
import { KINDS, processTables, serviceKeys, type Kind } from "../../../src/settings/kinds.ts";

const TABLES = processTables();

const kind = fc.constantFrom(...(Object.keys(KINDS) as Kind[]));
const word = fc.string({ unit: fc.constantFrom(..."abcdeilnoprtu-".split("")), minLength: 1, maxLength: 12 });
const value = fc.oneof(
  fc.string({ maxLength: 20 }).map(quoted),
  fc
    .string({ unit: fc.constantFrom(..."0123456789smhKiBinf.:/,^$[](){}|*+?\\".split("")), maxLength: 12 })
    .map(quoted),
  fc.integer().map(String),
  fc.boolean().map(String),
  fc.array(fc.string({ maxLength: 8 }).map(quoted), { maxLength: 3 }).map((all) => `[${all.join(", ")}]`),
  fc.constantFrom("2h", "{ env = 'HOME' }", "1979-05-27", "inf", "'''\nx'''"),
);

/** A line for a known setting, as in the sample or with any value; or for an unknown one. */
const line = kind.chain((of) => {
  const settings = [...serviceKeys(of)];
  return fc.oneof(
    fc.constantFrom(...settings).map(([, setting]) => settingLine(setting, exampleOf(setting))),
    fc.tuple(fc.constantFrom(...settings), value).map(([[key], text]) => `${key} = ${text}`),
    fc.tuple(word, value).map(([key, text]) => `${key} = ${text}`),
  );
});

const title = fc.oneof(
  fc.tuple(kind, word).map(([of, name]) => `${of}.${name}`),
  kind.map((of) => `defaults.${of}`),
  fc.constantFrom(...TABLES.keys(), "defaults", "proxy", "x.y", '""'),
);

const file = fc
  .array(fc.tuple(title, fc.array(line, { maxLength: 8 })), { maxLength: 6 })
  .map((tables) => tables.map(([name, lines]) => `[${name}]\n${lines.join("\n")}\n`).join("\n"));

/** Keys of tables that are not settings of theirs. */
function unknownKeys(text: string): number[] {
  let known = new Set<string>();
  return text.split("\n").flatMap((each, index) => {
    const header = /^\[([\w-]+)\.?(\S*)\]$/.exec(each);
    if (header) {
      const [, first = "", second = ""] = header;
      const of = first === "defaults" ? second : first;
      known = new Set(Object.hasOwn(KINDS, of) ? serviceKeys(of as Kind).keys() : TABLES.get(first)?.keys());
    }
    const key = /^([\w-]+) = /.exec(each)?.[1];
    return key !== undefined && !known.has(key) ? [index + 1] : [];
  });
}

test("plan() finds every unknown key in any file, and never throws", async () => {
  await fc.assert(
    fc.asyncProperty(file, async (text) => {
      const planned = await plan([readConfigFile("f", text)]);
      const lines = "complaints" in planned ? planned.complaints.map(formatComplaint) : [];
      for (const each of lines) expect(each).toMatch(/^f:\d+:\d+: [^\n]+$/);
      const told = new Set(lines.map((each) => Number(each.split(":")[1])));
      const tables =
        "complaints" in planned ? planned.complaints.filter(({ table }) => table === undefined) : [];
      // A table that is unknown itself, or occurs twice, is reported once.
      if (tables.length === 0) for (const unknown of unknownKeys(text)) expect([...told]).toContain(unknown);
    }),
    { numRuns: 300 },
  );
});

test("plan() accepts any text as a file, and never throws", async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "binary", maxLength: 200 }), async (text) => {
      const planned = await plan([readConfigFile("f", text)]);
      expect("complaints" in planned).toBe(true);
    }),
    { numRuns: 300 },
  );
});
