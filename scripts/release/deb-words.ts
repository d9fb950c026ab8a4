import { readFileSync } from "node:fs";
import { join } from "node:path";
import pkg from "../../package.json" with { type: "json" };
import { ROOT } from "../compile.ts";
import type { Commit } from "./commit.ts";

/** The templates of the Debian package. */
const TEMPLATES = join(ROOT, "packaging/debian");

export const MAINTAINER = "The poetry authors <poetry-proxy@users.noreply.github.com>";
export const HOMEPAGE = pkg.repository.url.replace(/^git\+|\.git$/g, "");

/** The revision of the package for this version of the program. */
const REVISION = 1;

/** The version in Debian's form. */
export function debianVersion({ version }: Commit): string {
  return `${version}-${REVISION}`;
}

/**
 * A template with its @NAME@ placeholders replaced.
 *
 * @throws {Error} for a placeholder that `words` does not have
 */
export function fillIn(template: string, words: Readonly<Record<string, string>>): string {
  return readFileSync(join(TEMPLATES, template), "utf8").replace(/@([A-Z]+)@/g, (_, name: string) => {
    const word = words[name];
    if (word === undefined) throw new Error(`packaging/debian/${template}: unknown placeholder @${name}@`);
    return word;
  });
}

/** Debian's changelog, which refers to that of the program. */
export function debianChangelog(commit: Commit): string {
  const date = new Date(commit.epoch * 1000).toUTCString().replace("GMT", "+0000");
  return `${pkg.name} (${debianVersion(commit)}) unstable; urgency=medium

  * Version ${commit.version} of poetry: see changelog.gz for the changes.

 -- ${MAINTAINER}  ${date}
`;
}

/** Debian's copyright file, with the terms of LICENSE. */
export function debianCopyright(): string {
  const licence = readFileSync(join(ROOT, "LICENSE"), "utf8");
  const [, holder, terms] = /^Copyright \(c\) (.+)\n\n(.+)$/ms.exec(licence) ?? [];
  if (holder === undefined || terms === undefined)
    throw new Error("LICENSE does not name the copyright holder");
  const lines = terms.trimEnd().split("\n");
  const field = lines.map((line) => ` ${line === "" ? "." : line}\n`).join("");
  return fillIn("copyright", { HOMEPAGE, COPYRIGHT: holder }) + field;
}
