import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { flagsTable, withFlags } from "../scripts/flags.ts";

const ROOT = new URL("..", import.meta.url).pathname;
const README = readFileSync(`${ROOT}README.md`, "utf8");
const FIRST_SCREEN = README.split("\n").slice(0, 30);

describe("README.md", () => {
  test.each(["demo", "ci"])("has the %s command on a line of its own in the first screen", (script) => {
    expect(FIRST_SCREEN).toContain(`npx --yes bun@1.4.5 run ${script}`);
    const { scripts } = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8"));
    expect(scripts).toContainKey(script);
  });

  test("lists the flags that the commands have", async () => {
    expect(withFlags(README, await flagsTable())).toBe(README);
  });

  test("has a row for every folder of src", () => {
    const folders = readdirSync(`${ROOT}src`, { withFileTypes: true }).filter((each) => each.isDirectory());
    for (const { name } of folders) expect(README).toContain(`| \`${name}/\``);
  });
});

describe.each(["README.md", "CHANGELOG.md", "docs/promises.md", "docs/architecture.md", "poetry/README.md"])(
  "%s",
  (name) => {
    const text = readFileSync(ROOT + name, "utf8");

    test("links to files that exist", () => {
      const targets = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map((match) => match[1] as string);
      const missing = targets.filter((target) => !existsSync(join(ROOT, dirname(name), target)));
      expect(missing).toEqual([]);
    });

    test("names tests and benchmarks that exist", () => {
      const paths = [...text.matchAll(/`((?:test|bench|scripts)\/[\w./-]+\.ts)`/g)].map((match) => match[1]);
      expect(paths.filter((path) => !existsSync(`${ROOT}${path}`))).toEqual([]);
    });
  },
);
