/**
 * Makes everything that is released, in dist/release: `bun run release`. `--compare` makes it twice, from two clones of
 * the commit, and fails at the first difference; `--executable TARGET` makes dist/release/executables/poetry for one
 * target alone. They need the registry's packages, and nothing else from outside.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ROOT } from "./compile.ts";
import { changedFiles, headCommit } from "./release/commit.ts";
import { compareBuilds } from "./release/compare.ts";
import { compileFor, installRuntimes } from "./release/executables.ts";
import { makeRelease } from "./release/make.ts";
import { targetNamed } from "./release/targets.ts";

const { values } = parseArgs({
  options: { compare: { type: "boolean", default: false }, executable: { type: "string" } },
});
if (values.executable === undefined) await releaseAll();
else {
  installRuntimes();
  compileFor(targetNamed(values.executable), join(ROOT, "dist/release/executables/poetry"));
}

async function releaseAll(): Promise<void> {
  const commit = headCommit();
  const changed = changedFiles();
  if (changed.length > 0)
    console.error(`Not committed, so not in what --compare builds:\n${changed.join("\n")}`);
  if (values.compare) process.exit(await compareBuilds(commit));
  await makeRelease(commit, join(ROOT, "dist/release"), (line) => console.error(line));
  console.error(`Made poetry ${commit.version} (${commit.hash.slice(0, 12)}) in dist/release.`);
}
