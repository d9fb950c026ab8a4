import pkg from "../../package.json" with { type: "json" };
import { ROOT } from "../compile.ts";

/** What is released. */
export interface Commit {
  readonly version: string;
  /** The whole hash. */
  readonly hash: string;
  /** Seconds: the date of every file in every archive. */
  readonly epoch: number;
}

/** @throws {Error} if this is no clone of the repository */
export function headCommit(): Commit {
  const git = Bun.spawnSync(["git", "log", "-1", "--format=%H %ct"], { cwd: ROOT });
  if (!git.success) throw new Error(`Cannot tell which commit this is: ${git.stderr.toString()}`);
  const [hash = "", epoch] = git.stdout.toString().trim().split(" ");
  return { version: pkg.version, hash, epoch: Number(epoch) };
}

/** Files that git knows and that differ from the commit. */
export function changedFiles(): string[] {
  const status = Bun.spawnSync(["git", "status", "--porcelain"], { cwd: ROOT });
  return status.stdout.toString().split("\n").filter(Boolean);
}
