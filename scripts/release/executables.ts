import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { compile, ROOT } from "../compile.ts";
import { run } from "./run.ts";
import { runnerOf } from "./runners.ts";
import type { Target } from "./targets.ts";

const RUNTIMES = join(ROOT, "packaging/runtimes");

/** Installs the runtimes of all targets, as pinned by their bun.lock. */
export function installRuntimes(): void {
  run([process.execPath, "install", "--frozen-lockfile", "--os=*", "--cpu=*"], { cwd: RUNTIMES });
}

/**
 * Compiles the program for `target` to `path`, and lists its contents in `path`.json.
 *
 * @throws {Error}
 */
export function compileFor(target: Target, path: string): void {
  const runtime = join(RUNTIMES, "node_modules", target.runtime, "bin/bun");
  if (!existsSync(runtime)) throw new Error(`There is no ${runtime}: was it installed?`);
  mkdirSync(join(path, ".."), { recursive: true });
  // The option keeps Bun from downloading a runtime that no lock file pins.
  compile(path, [
    `--target=${target.bun}`,
    `--compile-executable-path=${runtime}`,
    `--metafile=${path}.json`,
  ]);
  for (const name of readdirSync(join(path, ".."))) if (name.endsWith(".map")) rmSync(join(path, "..", name));
}

/**
 * Runs the executable, if this machine can.
 *
 * @returns the result, as a message
 * @throws {Error} if it does not run, or has another version
 */
export function tryOut(target: Target, path: string, version: string): string {
  const runner = runnerOf(target);
  if (!runner) return "not run: this machine cannot";
  const printed = run([...runner, path, "--version"]).trim();
  if (printed !== version) throw new Error(`${path} --version prints "${printed}": expected ${version}`);
  return runner.length === 0 ? "runs" : `runs, by ${runner.join(" ")}`;
}
