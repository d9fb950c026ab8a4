import { chmodSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import pkg from "../../package.json" with { type: "json" };
import type { Commit } from "./commit.ts";
import { copy, put, type Contents } from "./contents.ts";
import { installedFiles, UNITS } from "./deb-files.ts";
import { debianVersion, fillIn, HOMEPAGE, MAINTAINER } from "./deb-words.ts";
import { run, runBeside } from "./run.ts";
import type { Target } from "./targets.ts";

const SCRIPTS = ["postinst", "prerm", "postrm"];

/** The file name of the package. */
export function debName(commit: Commit, architecture: string): string {
  return `${pkg.name}_${debianVersion(commit)}_${architecture}.deb`;
}

/**
 * Makes the Debian package for `target` in `folder`. Its executable is called poetry-proxy, because /usr/bin/poetry
 * belongs to python3-poetry.
 *
 * @param compression as dpkg-deb calls it: xz for releases, gzip to be fast
 */
export async function makeDeb(
  commit: Commit,
  { debian: architecture = "" }: Target,
  contents: Contents,
  { folder, staging, compression = "xz" }: { folder: string; staging: string; compression?: "xz" | "gzip" },
): Promise<void> {
  const stage = join(staging, `deb-${architecture}`);
  copy(contents.executable, join(stage, "usr/bin", pkg.name), 0o755);
  for (const { path, content, mode } of installedFiles(commit, contents))
    put(join(stage, path), content, mode);
  writeControl(commit, architecture, stage);
  chmodFolders(stage);
  // One thread, because with several xz writes other blocks.
  const env = { SOURCE_DATE_EPOCH: String(commit.epoch), DPKG_DEB_THREADS_MAX: "1" };
  const path = join(folder, debName(commit, architecture));
  const packing = compression === "gzip" ? ["-Zgzip", "-z1"] : ["-Zxz"];
  await runBeside(["dpkg-deb", "--root-owner-group", ...packing, "--build", stage, path], env);
}

function writeControl(commit: Commit, architecture: string, stage: string): void {
  const files = (readdirSync(stage, { recursive: true }) as string[])
    .filter((name) => statSync(join(stage, name)).isFile())
    .toSorted();
  const kibibytes = files.reduce((sum, name) => sum + Math.ceil(statSync(join(stage, name)).size / 1024), 0);
  const words = {
    VERSION: debianVersion(commit),
    ARCHITECTURE: architecture,
    MAINTAINER,
    HOMEPAGE,
    SIZE: String(kibibytes),
    UNITS: UNITS.join(" "),
  };
  const sums = run(["md5sum", "--", ...files], { cwd: stage });
  put(join(stage, "DEBIAN/control"), fillIn("control", words));
  put(
    join(stage, "DEBIAN/conffiles"),
    files
      .map((name) => `/${name}\n`)
      .filter((name) => name.startsWith("/etc/"))
      .join(""),
  );
  put(join(stage, "DEBIAN/md5sums"), sums.replace(/^.*  etc\/.*\n/gm, "")); // dpkg keeps those of conffiles itself.
  for (const name of SCRIPTS) put(join(stage, "DEBIAN", name), fillIn(name, words), 0o755);
}

/** Writes a file with a mode that does not depend on the umask. */
function chmodFolders(stage: string): void {
  chmodSync(stage, 0o755);
  for (const name of readdirSync(stage, { recursive: true }) as string[])
    if (statSync(join(stage, name)).isDirectory()) chmodSync(join(stage, name), 0o755);
}
