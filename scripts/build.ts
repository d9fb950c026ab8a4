/** Builds dist/poetry: one executable that needs neither Bun nor node_modules. Prints where it is. */

import { rmSync } from "node:fs";
import { join } from "node:path";

const OUT = "dist/poetry";

/** The program, and what runs in threads of its own. */
const ENTRIES = ["bin/poetry.ts", "src/stores/sqlite/worker.ts"];

// Why these flags: docs/decisions/0002-build-flags.md.
const FLAGS = [
  "--compile",
  "--minify",
  "--bytecode",
  "--format=esm",
  "--splitting",
  "--sourcemap",
  "--no-compile-autoload-dotenv",
  "--no-compile-autoload-bunfig",
];

const root = join(import.meta.dirname, "../");
/** The commit that is built: a label of poetry_build_info. */
const commit = Bun.which("git")
  ? Bun.spawnSync(["git", "rev-parse", "--short", "HEAD"], { cwd: root }).stdout
  : "";
FLAGS.push(`--define=process.env.POETRY_REVISION=${JSON.stringify(commit.toString().trim() || "unknown")}`);

rmSync(`${root}dist`, { recursive: true, force: true }); // Else source maps of old builds pile up.
const build = Bun.spawnSync([process.execPath, "build", ...FLAGS, ...ENTRIES, "--outfile", OUT], {
  cwd: root,
  stdio: ["ignore", "pipe", "pipe"],
});
if (!build.success) {
  console.error(build.stdout.toString(), build.stderr.toString());
  process.exit(1);
}
// A failed bytecode step exits 0 and leaves a binary that dies: only running it tells.
const trial = Bun.spawnSync([`${root}${OUT}`, "--version"]);
if (!trial.success) {
  console.error(`${OUT} was built but does not run: ${trial.stderr.toString()}`);
  process.exit(1);
}
console.error(`Built ${OUT} ${trial.stdout.toString().trim()}`);
