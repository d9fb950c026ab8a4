import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../../scripts/compile.ts";
import { headCommit } from "../../../scripts/release/commit.ts";
import { contentsOf, MANUAL, type Contents } from "../../../scripts/release/contents.ts";
import { compileFor, installRuntimes } from "../../../scripts/release/executables.ts";
import { run } from "../../../scripts/release/run.ts";
import { targetNamed } from "../../../scripts/release/targets.ts";

/** The target that this machine is. */
export const HOST = targetNamed(`${process.platform}-${process.arch}`);

/** The commit that is under test. */
export const COMMIT = headCommit();

/** What the builds of a run of tests share: they know their commit, and `bun run build` removes them. */
const SHARED = join(ROOT, "dist/release-test", COMMIT.hash);

/** What packages for a target consist of, built for the first test that wants it. */
export function released(target = HOST): Contents {
  const executable = join(SHARED, target.name, "poetry");
  if (!existsSync(MANUAL)) run([process.execPath, "run", "manual"], { cwd: ROOT });
  if (!existsSync(`${executable}.json`)) {
    installRuntimes();
    mkdirSync(SHARED, { recursive: true });
    compileFor(target, executable);
  }
  return contentsOf(executable);
}
