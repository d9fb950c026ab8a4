import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../../scripts/compile.ts";
import { headCommit } from "../../../scripts/release/commit.ts";
import { contentsOf, MANUAL, type Contents } from "../../../scripts/release/contents.ts";
import { compileFor, installRuntimes } from "../../../scripts/release/executables.ts";
import { run } from "../../../scripts/release/run.ts";
import { targetNamed } from "../../../scripts/release/targets.ts";

/** The target for this machine. */
export const HOST = targetNamed(`${process.platform}-${process.arch}`);

/** The commit that is under test. */
export const COMMIT = headCommit();

/** Builds shared by the tests of a run, by commit; `bun run build` removes them. */
const SHARED = join(ROOT, "dist/release-test", COMMIT.hash);

/** The contents of packages for a target, built for the first test that needs them. */
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
