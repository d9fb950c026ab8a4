import { expect, setDefaultTimeout, test } from "bun:test";
import { cp, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { run, RunningProgram } from "../support/program.ts";
import { TempDir } from "../support/temp-dir.ts";

setDefaultTimeout(60_000);

const ROOT = join(import.meta.dirname, "../../");
const SOURCES = ["bin", "src", "scripts", "poetry", "package.json", "tsconfig.json", "bunfig.toml"];
/** A path may contain blanks and non-ASCII letters, and must not be parsed as a URL with a fragment and an escape. */
const FOLDER = "a b#c%20é";

test(`scripts/build.ts builds a program that serves and gets in a folder called "${FOLDER}"`, async () => {
  await using dir = new TempDir();
  const folder = join(dir.path, FOLDER);
  for (const name of SOURCES) await cp(join(ROOT, name), join(folder, name), { recursive: true });
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));

  const build = await run([process.execPath, join(folder, "scripts/build.ts")]);
  expect(build).toMatchObject({ code: 0, stderr: expect.stringMatching(/^Built dist\/poetry \d/) });

  const program = join(folder, "dist/poetry");
  const poem = join(folder, "poetry/science.txt");
  await using server = new RunningProgram([program, "serve", poem, "--port", "0"]);
  const line = await server.until((each) => each.includes(" on 127.0.0.1:"));
  const port = /:(\d+)\.$/.exec(line)?.[1] as string;
  const { code, stdout } = await run([program, "get", port]);
  expect({ code, stdout: stdout.toString() }).toEqual({ code: 0, stdout: await readFile(poem, "utf8") });
});
