import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { anthology } from "../scripts/make-long-poem.ts";

const FOLDER = join(import.meta.dirname, "../poetry/");
const POEMS = readdirSync(FOLDER).filter((name) => name.endsWith(".txt"));

/** The lines of a file without the title and the author. */
function linesOf(name: string): string[] {
  return readFileSync(FOLDER + name, "utf8").split("\n");
}

test("poetry/ holds the tutorial's four poems and a long one", () => {
  expect(POEMS.toSorted()).toEqual([
    "alla_sera.txt",
    "anthology.txt",
    "ecstasy.txt",
    "fascination.txt",
    "science.txt",
  ]);
});

describe.each(POEMS)("poetry/%s", (name) => {
  const bytes = readFileSync(FOLDER + name);

  test("is valid UTF-8, without a byte order mark", () => {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    expect(text.startsWith("\ufeff")).toBe(false);
  });

  test("has LF line ends, no tabs, no trailing blanks, and one newline at its end", () => {
    const text = bytes.toString();
    expect(text).not.toMatch(/[\r\t]| $/m);
    expect(text).toMatch(/[^\n]\n$/);
  });
});

test.each([
  ["fascination.txt", 13, "William Butler Yeats"],
  ["ecstasy.txt", 76, "John Donne"],
  ["science.txt", 14, "Edgar Allan Poe"],
  ["alla_sera.txt", 14, "Ugo Foscolo"],
])("poetry/%s is a title, %d lines and its author", (name, count, author) => {
  const [title, blank, ...rest] = linesOf(name);
  const end = rest.length - 3;
  expect(title).toMatch(/^\S.+\S$/);
  expect(blank).toBe("");
  expect(rest.slice(end)).toEqual(["", `    -- ${author}`, ""]);
  expect(rest.slice(0, end).filter((line) => line !== "")).toHaveLength(count);
});

test("alla_sera.txt has letters of more than one byte", () => {
  expect(linesOf("alla_sera.txt")).toContain("Forse perché della fatal quïete");
});

test("anthology.txt is what scripts/make-long-poem.ts makes, and longer than 60 KiB", async () => {
  const committed = readFileSync(`${FOLDER}anthology.txt`);
  expect(committed.toString()).toBe(await anthology());
  expect(committed.length).toBeGreaterThan(60 * 1024);
});
