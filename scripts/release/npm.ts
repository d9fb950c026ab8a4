import { join } from "node:path";
import pkg from "../../package.json" with { type: "json" };
import { ROOT } from "../compile.ts";
import { packTarball } from "./archive.ts";
import type { Commit } from "./commit.ts";
import { copy, MANUAL, manualPages, put, type Contents } from "./contents.ts";
import { TARGETS, type Target } from "./targets.ts";

/** Where packages are packed, and where their contents are collected before that. */
export interface Places {
  readonly folder: string;
  readonly staging: string;
}

const LAUNCHER = join(ROOT, "packaging/npm/launcher.sh");
const LIBRARY = join(ROOT, "dist/deferred");

/** What all packages with the program have in common. */
const COMMON = { license: pkg.license, author: "The poetry authors", repository: pkg.repository };

export function platformPackage(target: Target): string {
  return `${pkg.name}-${target.name}`;
}

/** Packs the executable for `target`. */
export async function packPlatform(
  commit: Commit,
  target: Target,
  contents: Contents,
  places: Places,
): Promise<void> {
  const name = platformPackage(target);
  const stage = join(places.staging, name, "package");
  const { os, cpu, libc } = target.npm;
  const description = `The executable of ${pkg.name} for ${target.name}: install ${pkg.name} instead`;
  const manifest = { name, version: commit.version, description, ...COMMON };
  const fits = { os: [os], cpu: [cpu], ...(libc && { libc: [libc] }), preferUnplugged: true };
  put(join(stage, "package.json"), json({ ...manifest, ...fits, files: ["bin", "THIRD-PARTY-LICENSES"] }));
  put(join(stage, "README.md"), `# ${name}\n\n${description}.\n`);
  put(join(stage, "THIRD-PARTY-LICENSES"), contents.thirdParty);
  copy(join(ROOT, "LICENSE"), join(stage, "LICENSE"));
  copy(contents.executable, join(stage, "bin/poetry"), 0o755);
  await pack(name, commit, places);
}

/**
 * Packs the package that users install: a launcher, which depends on the platform packages, of which npm installs one.
 */
export async function packLauncher(commit: Commit, places: Places): Promise<void> {
  const stage = join(places.staging, pkg.name, "package");
  const pages = ["man1", "man5"].flatMap((section) =>
    manualPages(section).map((page) => `./man/${section}/${page}`),
  );
  const manifest = {
    name: pkg.name,
    version: commit.version,
    description: pkg.description,
    keywords: ["proxy", "cache", "tcp", "whois", "finger", "gopher", "coalescing", "deferred", "twisted"],
    ...COMMON,
    bin: { poetry: "bin/poetry", [pkg.name]: "bin/poetry" },
    ...(pages.length > 0 && { man: pages }),
    files: ["bin", "man"],
    os: [...new Set(TARGETS.map(({ npm }) => npm.os))],
    // Exact versions, because the launcher of one release must not start another one.
    optionalDependencies: Object.fromEntries(TARGETS.map((each) => [platformPackage(each), commit.version])),
  };
  const launcher = (await Bun.file(LAUNCHER).text()).replaceAll("@VERSION@", commit.version);
  put(join(stage, "package.json"), json(manifest));
  put(join(stage, "bin/poetry"), launcher, 0o755);
  for (const each of ["README.md", "LICENSE"]) copy(join(ROOT, each), join(stage, each));
  for (const page of pages) copy(join(MANUAL, page.replace("./man/", "")), join(stage, page));
  await pack(pkg.name, commit, places);
}

/** Packs dist/deferred, the library, which `bun run library` builds. */
export async function packLibrary(commit: Commit, places: Places): Promise<void> {
  const name = "poetry-deferred";
  copy(LIBRARY, join(places.staging, name, "package"));
  await pack(name, commit, places);
}

/** The file name of a package, as npm would choose it. */
export function archiveName(name: string, { version }: Commit): string {
  return `${name}-${version}.tgz`;
}

async function pack(name: string, commit: Commit, { folder, staging }: Places): Promise<void> {
  const from = { folder: join(staging, name), name: "package", epoch: commit.epoch };
  await packTarball(join(folder, archiveName(name, commit)), from);
}

function json(content: object): string {
  return `${JSON.stringify(content, undefined, 2)}\n`;
}
