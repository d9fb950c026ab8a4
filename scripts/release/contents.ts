import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ROOT } from "../compile.ts";
import { bundledPackages } from "./bundled.ts";
import { embeddedLibraries } from "./embedded.ts";
import { thirdPartyLicences } from "./licences.ts";

/** Man pages and completions as `bun run manual` makes them: man1/, man5/, completions/bash/ and so on. */
export const MANUAL = join(ROOT, "dist/manual");

/** The content of archives and packages: an executable and what belongs to it. */
export interface Contents {
  readonly executable: string;
  readonly thirdParty: string;
}

/** @param executable built by `compileFor` */
export function contentsOf(executable: string): Contents {
  const packages = bundledPackages(`${executable}.json`);
  return { executable, thirdParty: thirdPartyLicences(packages, embeddedLibraries()) };
}

/** Writes a file, and makes the folders that it needs. */
export function put(path: string, content: string | Uint8Array, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  chmodSync(path, mode); // Whatever the umask.
}

/** Copies a file, or a folder with its contents. */
export function copy(from: string, to: string, mode?: number): void {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { recursive: true });
  if (mode !== undefined) chmodSync(to, mode);
}

/** The names in a folder of the manual; none if it was not made. */
export function manualPages(folder: string): string[] {
  const path = join(MANUAL, folder);
  return existsSync(path) ? readdirSync(path).toSorted() : [];
}
