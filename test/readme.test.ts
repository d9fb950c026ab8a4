import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { TABLES } from "../scripts/flags.ts";
import { withTable } from "../scripts/markdown.ts";

const ROOT = join(import.meta.dirname, "../");
const README = readFileSync(`${ROOT}README.md`, "utf8");
const SCRIPTS: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(`${ROOT}package.json`, "utf8"),
).scripts;
const FIRST_SCREEN = README.split("\n").slice(0, 30);

describe("README.md", () => {
  test.each(["demo", "ci"])("has the %s command on a line of its own in the first screen", (script) => {
    expect(FIRST_SCREEN).toContain(`npx --yes bun@1.4.5 run ${script}`);
    expect(SCRIPTS).toContainKey(script);
  });

  test("shows tables of examples/team.toml unchanged", () => {
    const [, shown = ""] = /```toml\n# examples\/team\.toml, in part\n(.*?)```/s.exec(README) ?? [];
    const tables = shown.trim().split("\n\n");
    const team = readFileSync(`${ROOT}examples/team.toml`, "utf8").split("\n\n");
    expect(tables.length).toBeGreaterThan(1);
    expect(team).toEqual(expect.arrayContaining(tables));
  });

  test("has the five commands of docs/install.md, which a test of the package runs", () => {
    const [, commands = "none"] = /^(```sh\napt install .*?^```)/ms.exec(README) ?? [];
    expect(readFileSync(`${ROOT}docs/install.md`, "utf8")).toContain(commands);
  });

  test("has at most 200 lines", () => {
    expect(README.trimEnd().split("\n").length).toBeLessThanOrEqual(200);
  });
});

test("docs/architecture.md has a row for every folder of src", () => {
  const text = readFileSync(`${ROOT}docs/architecture.md`, "utf8");
  const folders = readdirSync(`${ROOT}src`, { withFileTypes: true }).filter((each) => each.isDirectory());
  for (const { name } of folders) expect(text).toContain(`| \`${name}/\``);
});

test.each(TABLES)("$file has the $name that the code has", async ({ file, name, table }) => {
  const text = readFileSync(ROOT + file, "utf8");
  expect(withTable(text, name, await table())).toBe(text);
});

const DOCS = readdirSync(`${ROOT}docs`, { recursive: true, encoding: "utf8" }).filter((name) =>
  name.endsWith(".md"),
);
const OTHERS = [
  "README.md",
  "CHANGELOG.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "examples/README.md",
  "poetry/README.md",
  "test/faults/README.md",
];

describe.each([...OTHERS, ...DOCS.map((name) => `docs/${name}`)])("%s", (name) => {
  const text = readFileSync(ROOT + name, "utf8");

  test("names tests, benchmarks and scripts that exist", () => {
    const paths = [...text.matchAll(/[ `]((?:test|bench|scripts)\/[\w./-]+\.ts)\b/g)].map(
      (match) => match[1],
    );
    expect(paths.filter((path) => !existsSync(`${ROOT}${path}`))).toEqual([]);
  });

  test("names commands of package.json that exist", () => {
    const names = [...text.matchAll(/\bbun(?:@[\d.]+)? run ([\w-]+)/g)].map((match) => match[1] as string);
    expect(names.filter((each) => !Object.hasOwn(SCRIPTS, each))).toEqual([]);
  });
});
