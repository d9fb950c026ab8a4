import { copyFileSync } from "node:fs";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { POETRY } from "./program.ts";
import type { TempDir } from "./temp-dir.ts";

const NOBODY = "65534";
const isRoot = process.getuid?.() === 0;

/** Whether tests can run a program without privileges. */
export const canBeNobody = !isRoot || Bun.which("setpriv") !== null;

/** The command that runs `poetry` as an unprivileged user, from a copy that this user can read. */
export async function poetryAsNobody(dir: TempDir): Promise<string[]> {
  if (!isRoot) return [POETRY];
  const copy = join(dir.path, "poetry");
  copyFileSync(POETRY, copy);
  await chmod(copy, 0o755);
  await chmod(dir.path, 0o755);
  return ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", copy];
}
