import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../compile.ts";
import { bundledPackages } from "./bundled.ts";
import { checksums } from "./checksums.ts";
import type { Commit } from "./commit.ts";
import { contentsOf, copy, put } from "./contents.ts";
import { makeDeb } from "./deb.ts";
import { embeddedLibraries } from "./embedded.ts";
import { compileFor, installRuntimes, tryOut } from "./executables.ts";
import { installScript } from "./install-script.ts";
import { packLauncher, packLibrary, packPlatform } from "./npm.ts";
import { run } from "./run.ts";
import { billOfMaterials } from "./sbom.ts";
import { makeTarball } from "./tarball.ts";
import { TARGETS } from "./targets.ts";

/** Builds everything but the program, before it is packed. */
const BEFORE = ["library", "manual"];

/** Makes the release of `commit` in `folder`, which is emptied first. */
export async function makeRelease(
  commit: Commit,
  folder: string,
  tell: (line: string) => void,
): Promise<void> {
  const staging = join(ROOT, "dist/release-staging");
  const npm = join(folder, "npm");
  for (const each of [folder, staging]) rmSync(each, { recursive: true, force: true });
  mkdirSync(npm, { recursive: true });
  for (const script of BEFORE) run([process.execPath, "run", script], { cwd: ROOT });
  installRuntimes();

  const debs: Promise<void>[] = [];
  for (const target of TARGETS) {
    const executable = join(staging, "executables", target.name, "poetry");
    compileFor(target, executable);
    tell(`${target.name}: ${tryOut(target, executable, commit.version)}`);
    const contents = contentsOf(executable);
    if (target.debian !== undefined) debs.push(makeDeb(commit, target, contents, { folder, staging }));
    await makeTarball(commit, target, contents, { folder, staging });
    await packPlatform(commit, target, contents, { folder: npm, staging });
  }
  await packLauncher(commit, { folder: npm, staging });
  await packLibrary(commit, { folder: npm, staging });
  await Promise.all(debs); // Meanwhile, xz was compressing.

  const metafile = join(staging, "executables", (TARGETS[0] as { name: string }).name, "poetry.json");
  const bill = billOfMaterials(commit, bundledPackages(metafile), embeddedLibraries());
  put(join(folder, `poetry-${commit.version}.cdx.json`), `${JSON.stringify(bill, undefined, 2)}\n`);
  put(join(folder, "install.sh"), await installScript(commit, TARGETS, folder), 0o755);
  for (const target of TARGETS)
    copy(
      join(staging, "executables", target.name, "poetry"),
      join(folder, "executables", `poetry-${target.name}`),
    );
  put(join(folder, "SHA256SUMS"), await checksums(folder));
  rmSync(staging, { recursive: true });
}
