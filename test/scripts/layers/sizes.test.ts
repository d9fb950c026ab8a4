import { expect, test } from "bun:test";
import { oversized } from "../../../scripts/layers/sizes.ts";
import { readSource, type Source } from "../../../scripts/layers/source.ts";

function fileOf(path: string, lines: number): Source {
  return readSource(path, "\n".repeat(lines));
}

/** `count` files of one line. */
function many(folder: string, count: number): Source[] {
  return Array.from({ length: count }, (_, i) => fileOf(`${folder}/${i}.ts`, 1));
}

/** Ten files with `lines` lines in total. */
function long(folder: string, lines: number): Source[] {
  return Array.from({ length: 10 }, (_, i) => fileOf(`${folder}/${i}.ts`, lines / 10));
}

test("oversized() finds a file of more than 300 lines, unless it is one that may be long", () => {
  const sources = [fileOf("net/a.ts", 300), fileOf("net/b.ts", 301), fileOf("deferred/chain.ts", 301)];
  expect(oversized(sources).map(({ file }) => file)).toEqual(["net/b.ts"]);
});

test("oversized() finds a folder of more than 14 files or 2,000 lines, unless it is one that may be large", () => {
  expect(oversized([...many("net", 14), ...many("cli/get", 14), ...long("cache", 2000)])).toEqual([]);
  expect(oversized(many("net", 15)).map(({ file }) => file)).toEqual(["net"]);
  expect(oversized(long("cache", 2010)).map(({ file }) => file)).toEqual(["cache"]);
  expect(oversized(many("deferred", 15))).toEqual([]);
});

test("readSource() counts the lines with a comment", () => {
  const text = "/** One\n * two. */\nlet three = 3; // three\n\n// four\nconst five = '// no';\n";
  expect(readSource("a.ts", text)).toMatchObject({ lines: 6, commentLines: 4 });
});
