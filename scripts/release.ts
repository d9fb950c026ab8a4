/**
 * Makes all files of a release in dist/release: `bun run release`. `--compare` makes them twice, from two clones of the commit,
 * and fails at the first difference; `--executable TARGET` makes only dist/release/executables/poetry, for one target. All of
 * them need packages from the registry, and nothing else from the network.
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
