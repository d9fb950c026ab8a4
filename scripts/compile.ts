import { join } from "node:path";

/** The root of the repository. */
export const ROOT = join(import.meta.dirname, "../");

/** The entry points: the program, and what runs in other threads. */
const ENTRIES = ["bin/poetry.ts", "src/stores/sqlite/worker.ts"];

/** The flags of `bun build`: docs/decisions/0002-build-flags.md says why. */
export const FLAGS = [
  "--compile",
  "--minify",
  "--bytecode",
  "--format=esm",
  "--splitting",
  "--sourcemap",
  "--no-compile-autoload-dotenv",
  "--no-compile-autoload-bunfig",
];

/** The abbreviated hash of the commit, a label of poetry_build_info; undefined without git. */
export function revision(): string | undefined {
  if (!Bun.which("git")) return undefined;
  // A fixed length, because by default it grows with the number of objects in the clone.
  const { stdout } = Bun.spawnSync(["git", "rev-parse", "--short=12", "HEAD"], {
    cwd: ROOT,
    stderr: "ignore",
  });
  return stdout.toString().trim() || undefined;
}

/**
 * Compiles the program to `outfile`, with source maps next to it.
 *
 * @param more further flags of `bun build`
 * @throws {Error} with what the build printed
 */
export function compile(outfile: string, more: readonly string[] = []): void {
  const define = `--define=process.env.POETRY_REVISION=${JSON.stringify(revision() ?? "unknown")}`;
  const command = [process.execPath, "build", ...FLAGS, define, ...more, ...ENTRIES, "--outfile", outfile];
  const build = Bun.spawnSync(command, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  if (build.success) return;
  throw new Error(`Cannot build ${outfile}:\n${build.stdout.toString()}${build.stderr.toString()}`);
}
