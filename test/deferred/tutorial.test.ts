import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { findPeer, testWith } from "../peers/peer.ts";
import { run } from "../support/program.ts";

setDefaultTimeout(30_000);

const ROOT = join(import.meta.dirname, "../../");
const SOURCES = "examples/tutorial";
/** The same programs as JavaScript, which `bun run build` writes into the library's package. */
const BUILT = "dist/deferred/examples/tutorial";

const NAMES = readdirSync(ROOT + SOURCES)
  .filter((name) => name.endsWith(".out"))
  .map((name) => name.slice(0, -".out".length));

/** Major and minor version: require() of ESM, which the package needs, came with 20.19. */
const node = findPeer("Node 20.19", ["node", "--version"], (text) => {
  const [major = 0, minor = 0] = text.slice(1).split(".").map(Number);
  return major > 20 || (major === 20 && minor >= 19);
});

/** Checks that the program of that name prints what the tutorial shows. */
async function expectOutput(name: string, command: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await run(command, { cwd: ROOT });
  const expected = await readFile(`${ROOT}${SOURCES}/${name}.out`, "utf8");
  expect({ code, stderr, printed: stdout.toString() }).toEqual({ code: 0, stderr: "", printed: expected });
}

describe.each(NAMES)("examples/tutorial/%s", (name) => {
  test("prints its .out file on Bun", () => expectOutput(name, [process.execPath, `${SOURCES}/${name}.ts`]));

  testWith(node, "prints the same on Node", () => expectOutput(name, ["node", `${BUILT}/${name}.js`]));

  test("is short, and explained in docs/part-14.md", async () => {
    const source = await readFile(`${ROOT}${SOURCES}/${name}.ts`, "utf8");
    expect(source.trimEnd().split("\n").length).toBeLessThanOrEqual(40);
    expect(await readFile(`${ROOT}docs/part-14.md`, "utf8")).toContain(`(../${SOURCES}/${name}.ts)`);
  });
});

test("Every program of the tutorial has an .out file", () => {
  const programs = readdirSync(ROOT + SOURCES).filter(
    (name) => name.endsWith(".ts") && name !== "network.ts",
  );
  expect(programs.map((name) => name.slice(0, -".ts".length)).toSorted()).toEqual(NAMES.toSorted());
});
