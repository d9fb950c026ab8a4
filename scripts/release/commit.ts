import pkg from "../../package.json" with { type: "json" };
import { ROOT } from "../compile.ts";

/** The commit that is released. */
export interface Commit {
  readonly version: string;
  /** The full hash. */
  readonly hash: string;
  /** Its date in seconds, which every file in every archive gets. */
  readonly epoch: number;
}

/**
 * The commit that is checked out.
 *
 * @throws {Error} if this is not a clone of the repository
 */
export function headCommit(): Commit {
  const git = Bun.spawnSync(["git", "log", "-1", "--format=%H %ct"], { cwd: ROOT });
  if (!git.success) throw new Error(`Cannot tell which commit this is: ${git.stderr.toString()}`);
  const [hash = "", epoch] = git.stdout.toString().trim().split(" ");
  return { version: pkg.version, hash, epoch: Number(epoch) };
}

/** Tracked files that differ from the commit. */
export function changedFiles(): string[] {
  const status = Bun.spawnSync(["git", "status", "--porcelain"], { cwd: ROOT });
  return status.stdout.toString().split("\n").filter(Boolean);
}
