import { join } from "node:path";

/** The root of the repository. */
export const ROOT = join(import.meta.dirname, "../");

/** The program, and what runs in threads of its own. */
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

/** The first digits of the commit that is built, a label of poetry_build_info; absent without git. */
export function revision(): string | undefined {
  if (!Bun.which("git")) return undefined;
  // A fixed length: by default it grows with the number of objects in the clone.
  const { stdout } = Bun.spawnSync(["git", "rev-parse", "--short=12", "HEAD"], {
    cwd: ROOT,
    stderr: "ignore",
  });
  return stdout.toString().trim() || undefined;
}

/**
 * Compiles the program to `outfile`, with source maps beside it.
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
