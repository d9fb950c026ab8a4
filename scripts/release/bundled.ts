import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../compile.ts";

/** A package of the npm registry that is in the executable. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  /** The full text of its licence. */
  readonly text: string;
}

/**
 * The packages in a build, by name.
 *
 * @param metafile the output of `bun build --metafile`
 * @throws {Error} if one of them comes without its licence
 */
export function bundledPackages(metafile: string): BundledPackage[] {
  const { inputs } = JSON.parse(readFileSync(metafile, "utf8")) as { inputs: Record<string, unknown> };
  const folders = Object.keys(inputs).flatMap(
    (path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? [],
  );
  return [...new Set(folders)].toSorted().map(describe);
}

function describe(folder: string): BundledPackage {
  const path = join(ROOT, folder);
  const { name, version, license } = JSON.parse(readFileSync(join(path, "package.json"), "utf8")) as {
    name: string;
    version: string;
    license: string;
  };
  const file = readdirSync(path).find((each) => /^licen[cs]e/i.test(each));
  if (file === undefined) throw new Error(`${folder} has no file with its licence`);
  return { name, version, licence: license, text: readFileSync(join(path, file), "utf8").trim() };
}
