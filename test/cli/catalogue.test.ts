import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { COMMANDS, everyCommand, GROUPS } from "../../src/cli/catalogue.ts";
import { readSettings } from "../../src/cli/command.ts";

const FOLDER = join(import.meta.dirname, "../../src/cli/commands");
const ALL = await everyCommand();

/** The words of a command line; only single quotes occur. */
function wordsOf(line: string): string[] {
  const words = line.matchAll(/(?:'[^']*'|[^\s'])+/g);
  return Array.from(words, ([word]) => word.replaceAll("'", ""));
}

describe("the commands", () => {
  test("are those in the folder and in the groups", () => {
    const files = readdirSync(FOLDER).map((name) => name.replace(/\.ts$/, ""));
    expect(Object.keys(COMMANDS).toSorted()).toEqual(files.toSorted());
    const grouped = ALL.map(({ name }) => name.split(" ")).filter(({ length }) => length > 1);
    expect([...new Set(grouped.map(([group]) => group))]).toEqual(Object.keys(GROUPS));
  });

  test.each(ALL)("poetry $name: its examples are valid command lines", async (command) => {
    for (const [line] of command.examples) {
      expect(line).toStartWith(command.name);
      await readSettings(command, wordsOf(line.slice(command.name.length)));
    }
    expect(command.examples.length).toBeGreaterThan(0);
  });
});
