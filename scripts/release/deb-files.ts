import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import pkg from "../../package.json" with { type: "json" };
import { sampleFile } from "../../src/settings/file/sample.ts";
import { fileSchema } from "../../src/settings/file/schema.ts";
import { ROOT } from "../compile.ts";
import type { Commit } from "./commit.ts";
import { MANUAL, manualPages, type Contents } from "./contents.ts";
import { debianChangelog, debianCopyright, fillIn } from "./deb-words.ts";

/** A file of the package: where it is installed, and its content. */
export interface InstalledFile {
  readonly path: string;
  readonly content: string | Uint8Array;
  readonly mode?: number;
}

const SYSTEMD = join(ROOT, "contrib/systemd");
const DOC = `usr/share/doc/${pkg.name}`;
const SCHEMA = `usr/share/${pkg.name}/poetry.schema.json`;

/** Where shells look for the completions of packages. */
const COMPLETIONS: Readonly<Record<string, string>> = {
  bash: "usr/share/bash-completion/completions",
  zsh: "usr/share/zsh/vendor-completions",
  fish: "usr/share/fish/vendor_completions.d",
};

const systemd = existsSync(SYSTEMD) ? readdirSync(SYSTEMD).toSorted() : [];

/** The units whose state the package manages; a template has none. */
export const UNITS = systemd.filter((name) => /^[^@]+\.(service|socket)$/.test(name));

/** Everything but the executable. */
export function installedFiles(commit: Commit, contents: Contents): InstalledFile[] {
  return [
    { path: "etc/poetry-proxy/poetry.toml", content: configuration() },
    { path: SCHEMA, content: `${JSON.stringify(fileSchema(), undefined, 2)}\n` },
    ...unitFiles(),
    ...manualFiles(),
    ...documents(commit, contents),
  ];
}

/** The initial configuration, which describes no service until it is edited. */
export function configuration(): string {
  return sampleFile()
    .replace(/^#:schema .*$/m, `#:schema /${SCHEMA}`)
    .replace(/, for poetry\.schema\.json beside this file$/m, "")
    .replace(/^(# +)poetry (?=up|check|config)/gm, `$1${pkg.name} `);
}

function unitFiles(): InstalledFile[] {
  return systemd.flatMap((name) => {
    const content = readFileSync(join(SYSTEMD, name));
    if (/\.(service|socket)$/.test(name)) return { path: `usr/lib/systemd/system/${name}`, content };
    if (name.endsWith(".sysusers"))
      return { path: `usr/lib/sysusers.d/${basename(name, ".sysusers")}.conf`, content };
    return [];
  });
}

function manualFiles(): InstalledFile[] {
  const pages = ["man1", "man5"].flatMap((section) =>
    manualPages(section).map((name) => ({
      path: `usr/share/man/${section}/${name}.gz`,
      content: compressed(readFileSync(join(MANUAL, section, name))),
    })),
  );
  const completions = Object.entries(COMPLETIONS).flatMap(([shell, folder]) =>
    manualPages(`completions/${shell}`)
      .filter((name) => name.includes(pkg.name)) // Completions of the command poetry belong to python3-poetry.
      .map((name) => ({
        path: `${folder}/${name}`,
        content: readFileSync(join(MANUAL, "completions", shell, name)),
      })),
  );
  return [...pages, ...completions];
}

function documents(commit: Commit, contents: Contents): InstalledFile[] {
  const examples = ["grafana", "prometheus"].flatMap((folder) =>
    readdirSync(join(ROOT, "contrib", folder)).map((name) => ({
      path: `${DOC}/examples/${folder}/${name}`,
      content: readFileSync(join(ROOT, "contrib", folder, name)),
    })),
  );
  return [
    { path: `${DOC}/copyright`, content: debianCopyright() },
    { path: `${DOC}/changelog.gz`, content: compressed(readFileSync(join(ROOT, "CHANGELOG.md"))) },
    { path: `${DOC}/changelog.Debian.gz`, content: compressed(Buffer.from(debianChangelog(commit))) },
    { path: `${DOC}/THIRD-PARTY-LICENSES.gz`, content: compressed(Buffer.from(contents.thirdParty)) },
    { path: `usr/share/lintian/overrides/${pkg.name}`, content: fillIn("lintian-overrides", {}) },
    ...examples,
  ];
}

/** Compresses like `gzip -9n`. */
function compressed(content: Uint8Array<ArrayBuffer> | Buffer<ArrayBuffer>): Uint8Array {
  return Bun.gzipSync(content, { library: "zlib", level: 9 });
}
