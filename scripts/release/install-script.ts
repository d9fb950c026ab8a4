import { join } from "node:path";
import pkg from "../../package.json" with { type: "json" };
import { ROOT } from "../compile.ts";
import { sha256 } from "./checksums.ts";
import type { Commit } from "./commit.ts";
import { tarballName } from "./tarball.ts";
import type { Target } from "./targets.ts";

const TEMPLATE = join(ROOT, "packaging/install.sh");

/** The script that installs the release; contains the checksums of the archives in `folder`. */
export async function installScript(
  commit: Commit,
  targets: readonly Target[],
  folder: string,
): Promise<string> {
  const sums: string[] = [];
  for (const target of targets) {
    const sum = await sha256(join(folder, `${tarballName(commit, target)}.tar.gz`));
    sums.push(`  ${target.name}) sum=${sum} ;;`);
  }
  const home = pkg.repository.url.replace(/^git\+|\.git$/g, "");
  return (await Bun.file(TEMPLATE).text())
    .replaceAll("@VERSION@", commit.version)
    .replaceAll("@FROM@", `${home}/releases/download/v${commit.version}`)
    .replace(/^.*@SUMS@.*$/m, sums.join("\n"));
}
