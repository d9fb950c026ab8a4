import { beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  allOf,
  anyOf,
  cutAll,
  loadPatterns,
  parseCut,
  parseTest,
  Pattern,
} from "../../src/protocols/pattern.ts";

beforeAll(loadPatterns);

const MIB = 2 ** 20;
const latin1 = (text: string) => Buffer.from(text).toString("latin1");

/** A pattern, texts that match it and texts that do not. */
const MATCHES: readonly (readonly [
  pattern: string,
  matching: readonly string[],
  others: readonly string[],
])[] = [
  ["", ["", "x"], []],
  ["!", [], ["", "x", "!"]],
  ["a", ["a", "bab"], ["", "A"]],
  ["!a", ["", "A"], ["a", "bab"]],
  ["[!]a", ["!a"], ["a"]],
  ["/a/", ["a", "/a/"], ["A"]],
  ["/a/i", ["a", "A"], ["b"]],
  ["!/a/i", ["b"], ["a", "A"]],
  ["[/]a/i", ["/a/i"], ["a"]],
  ["/a/b/", ["a/b"], ["/a/x"]],
  ["/", ["/"], [""]],
  ["/usr/share", ["/usr/share"], ["usr"]],
  ["^a$", ["a"], ["a\n", "ba"]],
  ["/^a$/m", ["b\na\nb", "a"], ["ba", "a\r"]],
  ["a.b", ["a\rb", "a b"], ["a\nb"]],
  ["/a.b/s", ["a\nb"], ["ab"]],
  ["\\s", [" ", "\t", "\n", "\f", "\r"], ["\v", "\xa0", "x"]],
  ["\\0\\xff\\x{7f}", ["\0\xff\x7f"], ["0"]],
  ["\\bno\\b", ["say no."], ["nose"]],
  ["[[:alpha:]]", ["a"], ["1", ":"]],
  ["[\\]a]", ["]", "a"], ["["]],
  ["(?i:a)b", ["Ab"], ["aB"]],
  // A character beyond ASCII stands for its bytes.
  ["é", [latin1("café")], ["caf\xe9"]],
  ["^é{2}$", [latin1("éé")], [latin1("é"), latin1("é\xa9")]],
  ["(é|😀)x", [latin1("éx"), latin1("😀x")], ["x"]],
  ["/é/i", [latin1("é")], [latin1("É")]],
  ["\\é", [latin1("é")], ["\\"]],
];

/** What is not supported, or differs from other dialects, and what the message says to write instead. */
const REFUSED: readonly (readonly [pattern: string, instead: string])[] = [
  ["[^]", '"(?s:.)"'],
  ["[]", '"[\\]…]"'],
  ["[]a]", '"[\\]…]"'],
  ["(a)\\1", "write out"],
  ["(?<n>a)\\k<n>", "write out"],
  ["\\u0041", "the character itself"],
  ["\\p{L}", "[A-Za-z]"],
  ["\\cA", '"\\x01"'],
  ["[\\b]", '"\\x08"'],
  ["\\x4", "two hexadecimal digits"],
  ["\\x{100}", "the character itself"],
  ["\\e", '"e"'],
  ["[\\B]", '"B"'],
  ["\\Qa.b\\E", '"Q"'],
  ["a\\", '"\\\\"'],
  ["(?=a)", '"!" before a whole pattern'],
  ["a(?!b)", '"!" before a whole pattern'],
  ["(?<=a)b", "several times"],
  ["(?<!a)b", "several times"],
  ["[éè]", '"(é|è)"'],
  ["a{1001}", '"*" or "+"'],
  ["a{2,1001}", '"*" or "+"'],
  ["a{600}b{600}", "several times"],
  ["(a{100}){100}", "invalid repeat count"],
  ["/a/gi", "i, m and s"],
  ["/a/u", '"[/]a/u"'],
  ["/a/ii", "each once"],
  ["(", "missing closing )"],
  ["[a", "missing closing ]"],
  ["a**", "**"],
  ["*", "*"],
];

describe("parseTest()", () => {
  test.each(MATCHES)("%j tells texts apart", (pattern, matching, others) => {
    const parsed = parseTest(pattern);
    expect(matching.filter((text) => !parsed.test(text))).toEqual([]);
    expect(others.filter((text) => parsed.test(text))).toEqual([]);
  });

  test.each(REFUSED)("rejects %j, and says what to write instead", (pattern, instead) => {
    expect(() => parseTest(pattern)).toThrow(SyntaxError);
    expect(() => parseTest(`!${pattern}`)).toThrow(instead);
  });

  test("matches like other regular expressions", () => {
    const unit = fc.constantFrom(...Array.from("abAB01 -\t\n"));
    const texts = fc.array(fc.string({ unit, maxLength: 12 }), { minLength: 8, maxLength: 16 });
    const flags = fc.subarray(["i", "m", "s"]).map((each) => each.join(""));
    fc.assert(
      fc.property(patternsOf(2), flags, texts, (body, flag, each) => {
        const [ours, theirs] = [new Pattern(`/${body}/${flag}`), new RegExp(body, flag)];
        for (const text of each) expect([text, ours.test(text)]).toEqual([text, theirs.test(text)]);
      }),
      { numRuns: 300 },
    );
  });
});

/** Patterns that mean the same to RegExp: `depth` groups within each other. */
function patternsOf(depth: number): fc.Arbitrary<string> {
  const atoms = [
    "a",
    "b",
    "A",
    "B",
    "0",
    "1",
    "\\d",
    "\\w",
    "\\W",
    "\\s",
    ".",
    "[ab]",
    "[^a]",
    "[a-z0]",
    "\\x41",
    "\\t",
  ];
  const atom = fc.constantFrom(...atoms);
  const part =
    depth === 0
      ? atom
      : fc.oneof(
          atom,
          atom,
          patternsOf(depth - 1).map((inner) => `(${inner})`),
        );
  const often = fc.constantFrom("", "", "*", "+", "?", "*?", "{2}", "{0,3}");
  const parts = fc.array(
    fc.tuple(part, often).map((each) => each.join("")),
    { maxLength: 3 },
  );
  const place = fc.constantFrom("^", "$", "\\b", "", "");
  const row = fc.tuple(place, parts, place).map(([start, middle, end]) => start + middle.join("") + end);
  return fc.array(row, { minLength: 1, maxLength: 2 }).map((rows) => rows.join("|"));
}

/** RegExp takes minutes for each of these, or gives up when its stack is full: too slow to compare in a test. */
const HOSTILE: readonly (readonly [pattern: string, text: string, matches: boolean])[] = [
  [" +$", `${" ".repeat(MIB)}x`, false],
  [".*error", "x".repeat(4 * MIB), false],
  ["(a*)*b", "a".repeat(64 * 1024), false],
  ["(a|aa)+$", `${"a".repeat(64 * 1024)}!`, false],
  ["^(.|\\n)*END$", `${"line of an answer\n".repeat(110_000)}END`, true],
  ["/(x+x+)+y/i", "x".repeat(256 * 1024), false],
];

test.each(HOSTILE)("Pattern.test() of %j takes linear time", (source, text, matches) => {
  expect(new Pattern(source).test(text)).toBe(matches);
});

describe("Pattern.cut()", () => {
  test.each([
    ["^-V \\S+ ", "-V Md5.5 example.org", "example.org"],
    ["o", "foo", "fo"], // The first match.
    ["x", "foo", "foo"],
    ["", "foo", "foo"],
    ["/O+/i", "foo", "f"],
    ["(a)(b)?", "xab", "x"],
    ["é", latin1("café!"), "caf!"],
  ])("%j leaves of %j %j", (pattern, text, left) => expect(parseCut(pattern).cut(text)).toBe(left));

  test("of a MiB of blanks takes linear time", () => {
    expect(new Pattern(" +$").cut(" ".repeat(MIB))).toBe("");
    expect(new Pattern(" +$").cut(`${" ".repeat(MIB)}x`)).toHaveLength(MIB + 1);
  });
});

test("parseCut() rejects the opposite of a pattern, which matches no part of a text", () => {
  expect(() => parseCut("!a")).toThrow('write "[!]"');
  expect(parseCut("[!]a").cut("x!a")).toBe("x");
});

test("allOf(), anyOf() and cutAll() apply one after another, and are undefined if there are none", () => {
  const [a, b] = ["a", "!b"].map(parseTest) as [Pattern, Pattern];
  const texts = ["", "a", "b", "ab"];
  expect(texts.map((text) => allOf([a, b])?.test(text))).toEqual([false, true, false, false]);
  expect(texts.map((text) => anyOf([a, b])?.test(text))).toEqual([true, true, false, true]);
  expect(cutAll(["a", "^b"].map(parseCut))?.cut("abc")).toBe("c");
  expect([allOf([]), anyOf([]), cutAll([])]).toEqual([undefined, undefined, undefined]);
  expect([allOf([a]), anyOf([a])]).toEqual([a, a]);
});

test("allOf() treats an empty pattern as none", () => {
  expect(allOf([parseTest("")])).toBeUndefined();
  expect(allOf(["", "a"].map(parseTest))?.test("b")).toBe(false);
  expect(anyOf([parseTest("")])?.test("b")).toBe(true);
});
