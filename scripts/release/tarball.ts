import { existsSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../compile.ts";
import { packTarball } from "./archive.ts";
import type { Commit } from "./commit.ts";
import { copy, MANUAL, put, type Contents } from "./contents.ts";
import type { Target } from "./targets.ts";

const DOCUMENTS = ["LICENSE", "README.md", "CHANGELOG.md", "contrib"];

/** The name of the archive for `target`, and of its top folder. */
export function tarballName({ version }: Commit, target: Target): string {
  return `poetry-${version}-${target.name}`;
}

/** Makes the archive for `target` in `folder`: the executable, its manual and completions, the licences. */
export async function makeTarball(
  commit: Commit,
  target: Target,
  contents: Contents,
  { folder, staging }: { folder: string; staging: string },
): Promise<void> {
  const name = tarballName(commit, target);
  const stage = join(staging, name);
  copy(contents.executable, join(stage, "poetry"), 0o755);
  put(join(stage, "THIRD-PARTY-LICENSES"), contents.thirdParty);
  for (const each of DOCUMENTS) copy(join(ROOT, each), join(stage, each));
  if (existsSync(MANUAL)) copy(MANUAL, join(stage, "manual"));
  await packTarball(join(folder, `${name}.tar.gz`), { folder: staging, name, epoch: commit.epoch });
}
