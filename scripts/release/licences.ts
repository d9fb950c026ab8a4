import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../compile.ts";
import type { BundledPackage } from "./bundled.ts";
import type { EmbeddedLibrary } from "./embedded.ts";

const TEXTS = join(ROOT, "packaging/licences");
const RULE = "-".repeat(80);

/** THIRD-PARTY-LICENSES: the other software in the executable, with its licences. */
export function thirdPartyLicences(
  packages: readonly BundledPackage[],
  libraries: readonly EmbeddedLibrary[],
): string {
  const parts = [
    `The executable poetry contains poetry itself (MIT, see LICENSE), the packages of part 1, and the Bun
runtime with the libraries of part 2. Part 3 has the licences that part 2 names.`,
    "1. Packages of the npm registry",
    ...packages.map(({ name, version, licence, text }) => `${name} ${version} (${licence})\n\n${text}`),
    `2. Bun ${Bun.version} and the libraries in it

Bun (https://github.com/oven-sh/bun) is copyright its contributors and licensed under the MIT licence.

Bun links JavaScriptCore and tinycc statically, which are under the LGPL. Their sources, with Bun's changes, and
those of Bun are public. To use a changed version of them, build Bun with it, as
https://bun.com/docs/project/license says, and then poetry from its sources with that Bun:

    bun build --compile ... --compile-executable-path=PATH/TO/YOUR/bun

scripts/compile.ts in the sources of poetry has the whole command.`,
    libraries.map(libraryLine).join("\n"),
    "3. Licences",
    ...readdirSync(TEXTS)
      .toSorted()
      .map((name) => `${name.replace(/\.txt$/, "")}\n\n${readFileSync(join(TEXTS, name), "utf8").trim()}`),
  ];
  return `${parts.join(`\n\n${RULE}\n\n`)}\n`;
}

function libraryLine({ name, version = "", licence, url }: EmbeddedLibrary): string {
  return `${[name, version].join(" ").trim()}\n    ${licence}\n    ${url}`;
}
