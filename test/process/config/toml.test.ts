import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseToml, TomlTable, type TomlEntry } from "../../../src/process/config/toml.ts";
import type { TomlPair, TomlValue } from "../../../src/process/config/toml-values.ts";

/** A document as Bun's own parser would return it, with numbers as they are written. */
function plain(value: TomlEntry["value"] | TomlValue): unknown {
  if (value instanceof TomlTable)
    return Object.fromEntries(Array.from(value.entries, ([name, entry]) => [name, plain(entry.value)]));
  if (value.kind === "array") return value.items.map(plain);
  if (value.kind === "table") return pairs(value.pairs);
  if (value.kind === "boolean") return value.isTrue;
  if (value.kind === "number") return Number(value.text);
  return value.kind === "string" ? value.text : value.kind;
}

/** Nothing reads tables inside arrays. */
function pairs(all: readonly TomlPair[]): unknown {
  return Object.fromEntries(
    all.map(({ key, value }) => [key.map(({ name }) => name).join("."), plain(value)]),
  );
}

function tableIn(table: TomlTable, name: string): TomlTable {
  const value = table.entries.get(name)?.value;
  if (value instanceof TomlTable) return value;
  throw new Error(`There is no table ${name}`);
}

function mistakesIn(text: string): string[] {
  return parseToml(text).mistakes.map(({ at, text: what }) => `${at.line}:${at.column} ${what}`);
}

describe("parseToml()", () => {
  test.each([
    "",
    "  \n# comment\n\t\n",
    "a = 1\nb = 'x'",
    "a = 1\r\n[t]\r\nb = true\r\n",
    "a.b.c = 1\na.b.d = 2\n[e.f]\ng = 3\n[e]\nh = 4",
    '\'a b\' = 1\n"c\\u00e9" = 2\n"d.e" = 3\n 1-2_3 = 4',
    "a = 0x10\nb = 0o17\nc = 0b101\nd = -1_000\ne = +5\nf = 1.5e3\ng = 6.25",
    "a = [\n  'x', # one\n  \"y\",\n]\nb = []\nc = [ [1, 2], ['z'] ]",
    "a = { b = 1, c.d = 'e' }\nf = {}",
    'a = "tab\\t quote\\" back\\\\ \\U0001F600"',
    'a = """\nfirst\nsecond \\\n   third ""quotes"" """',
    "a = '''\nit's 'raw' \\d\n'''",
    "a = '^\\w+$' # a comment",
  ])("reads %j as Bun does", (text) => {
    expect(mistakesIn(text)).toEqual([]);
    expect(plain(parseToml(text).root)).toEqual(Bun.TOML.parse(text));
  });

  test.each([
    ["a", ['1:2 expected "=" after the key']],
    ["a =", ["1:4 expected a value"]],
    ["a = 2h", ["1:5 expected a value: strings need quotes, '2h'"]],
    ["a = 1 2", ["1:7 expected the end of the line"]],
    ["= 1", ["1:1 expected a key of letters, digits, - and _, or one in quotes"]],
    ["a = 01", ["1:5 expected a value: strings need quotes, '01'"]],
    ["a = 1__0", ["1:5 expected a value: strings need quotes, '1__0'"]],
    ["a = 'x", ["1:5 the string has no closing '"]],
    ['a = "x\nb = 1', ['1:5 the string has no closing "']],
    ["a = '''x\n", ["1:5 the string has no closing '''"]],
    ['a = "a\u0001"', ["1:7 the control character U+0001 is not allowed"]],
    ["# \u0007", ["1:3 the control character U+0007 is not allowed"]],
    [
      'a = "\\ud800"',
      [
        '1:6 "\\u" is not an escape sequence: put strings with backslashes, such as regular expressions, in single quotes',
      ],
    ],
    ["a = 1\na = 2", ['2:1 "a" is already defined in line 1']],
    ["a = 1\n[a]", ['2:2 "a" is already defined in line 1']],
    ["[a]\nb = 1\n[a.b]", ['3:4 "b" is already defined in line 2']],
    ["[a.b]\n[a]\nb.c = 1", ['3:1 "b" is already defined in line 1']],
    ["a = { b = 1 }\na.c = 2", ['2:1 "a" is already defined in line 1']],
    ["a = { b = 1, b = 2 }", ['1:14 "b" is already defined in line 1']],
    ["a = { b = 1 c = 2 }", ["1:13 expected , or } after an entry of an inline table"]],
    ["a = [1 2]", ["1:8 expected , or ] after an element of an array"]],
    ["a = [1,\n2", ["1:5 the array has no closing ]"]],
    ["[a", ["1:3 expected ] after the name of a table"]],
    ["[[a]]\nb = 1", ["1:1 expected a table, [a]: arrays of tables are not supported"]],
    [`a = ${"[".repeat(100)}`, ["1:70 arrays and tables are nested too deeply"]],
  ])("says where %j is wrong", (text, mistakes) => {
    expect(mistakesIn(text)).toEqual(mistakes);
  });

  test("finds all mistakes, and reads the correct parts between them", () => {
    const text = "a = \nb = 1\n[t\nc = [1,\nd = 2\n[u]\ne = 'x\nf = 3\n";
    const { root, mistakes } = parseToml(text);
    expect(mistakes.map(({ at }) => at.line)).toEqual([1, 3, 4, 7]);
    expect(plain(root)).toMatchObject({ b: 1, u: { f: 3 } });
  });

  test("keeps a key with an invalid value, so that it is not reported as missing", () => {
    expect(plain(parseToml("a = 2h").root)).toEqual({ a: "broken" });
  });

  test("knows the positions of names and values", () => {
    const { root } = parseToml('\n[t.u]\n  key = "value"\n');
    const inner = tableIn(root, "t").entries.get("u");
    expect(inner?.at).toEqual({ line: 2, column: 4 });
    const entry = tableIn(tableIn(root, "t"), "u").entries.get("key");
    expect([entry?.at, entry?.value.at]).toEqual([
      { line: 3, column: 3 },
      { line: 3, column: 9 },
    ]);
  });

  const name = fc.string({ unit: fc.constantFrom(..."abcxyz019_-".split("")), minLength: 1, maxLength: 8 });
  const scalar = fc.oneof(
    fc
      .string({ unit: "binary" })
      .map((text) => JSON.stringify(text.toWellFormed()).replaceAll("\u007f", "\\u007f")),
    fc.string({ unit: fc.constantFrom(...Array.from('ab \\"^$.*[]{}#=,é😀')) }).map((text) => `'${text}'`),
    fc.integer().map(String),
    fc.boolean().map(String),
  );
  const value = fc.oneof(
    scalar,
    fc.array(scalar, { maxLength: 4 }).map((all) => `[${all.join(",\n ")}]`),
  );
  const table = fc.uniqueArray(fc.tuple(name, value), { selector: ([key]) => key, maxLength: 5 });
  const document = fc
    .uniqueArray(fc.tuple(name, table), { selector: ([key]) => key, maxLength: 5 })
    .map((tables) =>
      tables
        .map(
          ([title, rows]) =>
            `[${title}] # ${title}\n${rows.map(([key, text]) => `${key} = ${text}\n`).join("")}`,
        )
        .join("\n"),
    );

  test("reads whatever Bun reads, as Bun does", () => {
    fc.assert(
      fc.property(document, (text) => {
        expect(mistakesIn(text)).toEqual([]);
        expect(plain(parseToml(text).root)).toEqual(Bun.TOML.parse(text));
      }),
    );
  });

  test("terminates with any input, and never throws", () => {
    const pieces = fc.constantFrom(
      ..."[ ] { } = , . # ' \" ''' \"\"\" \\ \n \r a b.c true 1 1.5 é \u0000".split(" "),
      " ",
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 60 }), (parts) => {
        const { mistakes } = parseToml(parts.join(""));
        for (const { at } of mistakes) expect(at.line).toBeGreaterThan(0);
      }),
    );
  });
});
