import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../compile.ts";
import type { Commit } from "./commit.ts";
import { run } from "./run.ts";

/** One path is longer and contains a blank, neither of which may affect the build. */
const CLONES = ["one", "another one"];

/** Makes the release of `commit` in two clones and compares all files; returns the exit code. */
export async function compareBuilds({ hash }: Commit): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "poetry-compare-"));
  try {
    const sums = CLONES.map((name) => sumsOf(join(folder, name), hash));
    const [first = [], second = []] = sums;
    const different = first.filter((line) => !second.includes(line)).map((line) => line.slice(66));
    const count = first.length;
    if (different.length === 0 && second.length === count) {
      console.log(`${count} files, the same byte for byte in both builds of ${hash}.`);
      return 0;
    }
    console.log(`Of ${count} and ${second.length} files these differ:\n${different.join("\n")}`);
    return 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Makes a release in a clone at `path`; returns the lines of its SHA256SUMS. */
function sumsOf(path: string, hash: string): string[] {
  run(["git", "clone", "--quiet", ROOT, path]);
  run(["git", "checkout", "--quiet", "--detach", hash], { cwd: path });
  run([process.execPath, "install", "--frozen-lockfile"], { cwd: path });
  console.log(run([process.execPath, "scripts/release.ts"], { cwd: path }));
  return readFileSync(join(path, "dist/release/SHA256SUMS"), "utf8").trimEnd().split("\n");
}
