import { expect, test } from "bun:test";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { PoemLibrary } from "../../src/services/poems/poem-library.ts";
import { systemClock } from "../../src/time/clock.ts";
import { roomy } from "../support/roomy.ts";
import { TempDir } from "../support/temp-dir.ts";

const SWAP = join(import.meta.dirname, "../support/swap-for-ever.ts");
const ENOUGH = 300;

test("76: nothing outside is served while a folder of the library is replaced by a link to elsewhere", async () => {
  await using dir = new TempDir();
  await mkdir(join(dir.path, "poems/folder"), { recursive: true });
  await mkdir(join(dir.path, "elsewhere"));
  await dir.write("poems/folder/poem.txt", "inside");
  await dir.write("elsewhere/poem.txt", "secret");
  const inPoems = (name: string) => join(dir.path, "poems", name);
  await symlink("folder/poem.txt", inPoems("poem.txt"));
  await symlink("../elsewhere", inPoems("link"));
  const library = new PoemLibrary({
    directory: join(dir.path, "poems"),
    clock: systemClock,
    maxPoem: 100,
    memory: roomy(),
    skipped: () => {},
  });
  const seen = { inside: 0, nothing: 0, other: 0 };
  await using swapper = Bun.spawn([process.execPath, SWAP, inPoems("folder"), inPoems("link")]);
  while (seen.inside < ENOUGH || seen.nothing < ENOUGH) {
    if (swapper.exitCode !== null) throw new Error("this file system cannot exchange two names");
    const poem = await library.find("poem");
    const text = poem && Buffer.from(poem.bytes).toString();
    seen[text === undefined ? "nothing" : text === "inside" ? "inside" : "other"]++;
  }
  expect(seen.other).toBe(0);
});
