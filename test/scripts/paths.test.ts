import { expect, test } from "bun:test";
import { join } from "node:path";

const TESTS = join(import.meta.dirname, "../");

/** The path may contain blanks: shells get it as an argument, "$0" or "$@". */
test("No test writes the path of the executable into a script", async () => {
  const found: string[] = [];
  for await (const name of new Bun.Glob("**/*.ts").scan(TESTS)) {
    const lines = (await Bun.file(TESTS + name).text()).split("\n");
    found.push(...lines.filter((line) => /\$\{POETRY\} |EXEC:[^`]*\$\{(?:FILE|ROOT|POETRY)/.test(line)));
  }
  expect(found).toEqual([]);
});
