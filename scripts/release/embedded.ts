import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../compile.ts";

/** A library that Bun's runtime embeds. */
export interface EmbeddedLibrary {
  readonly name: string;
  /** A version or a commit, if Bun gives one. */
  readonly version?: string;
  /** Its licence, in the words of Bun's list. */
  readonly licence: string;
  readonly url: string;
}

const LIST = join(ROOT, "node_modules/bun-types/docs/project/license.mdx");

/** Libraries that have another name in Bun's list than in `process.versions`. */
const VERSION_NAMES: Readonly<Record<string, string>> = {
  "lol-html": "lolhtml",
  "ls-hpack": "lshpack",
  picohttp: "picohttpparser",
  uSockets: "usockets",
  "zlib-ng": "zlib",
  "c-ares": "ares",
  libicu: "icu",
  uWebsockets: "uwebsockets",
};

/** JavaScriptCore is mentioned in the text above the tables of that list. */
const ENGINE = { name: "JavaScriptCore", licence: "LGPL-2", url: "https://github.com/oven-sh/webkit" };

/**
 * The libraries in Bun's runtime, according to the documentation of the Bun that makes the build.
 *
 * @throws {Error} if that list does not look as it used to
 */
export function embeddedLibraries(): EmbeddedLibrary[] {
  const versions = process.versions as Readonly<Record<string, string | undefined>>;
  const withVersion = ({ name, licence, url }: Omit<EmbeddedLibrary, "version">): EmbeddedLibrary => {
    const version = versions[VERSION_NAMES[name] ?? name];
    return { name, ...(version !== undefined && { version }), licence, url };
  };
  const rows = Array.from(
    readFileSync(LIST, "utf8").matchAll(/^\| (.*?)\[([^\]]+)\]\(([^)]+)\)(.*?)\| (.*?) *\|$/gm),
    ([, , name = "", url = "", after = "", licence = ""]) => ({ name, url, after, licence }),
  );
  if (rows.length < 40)
    throw new Error(`${LIST} lists only ${rows.length} libraries: has its format changed?`);
  const elsewhere = rows.filter(({ after }) => !after.includes("(on Windows)"));
  const listed = elsewhere.map(({ name, url, licence }) =>
    withVersion({ name: name.replaceAll("`", ""), licence: plain(licence), url }),
  );
  const engine = { ...ENGINE, ...(versions.webkit !== undefined && { version: versions.webkit }) };
  return [engine, ...listed];
}

/** Markdown without its links: `several licenses (https://…)`. */
function plain(text: string): string {
  return text.replace(/\[([^\]]+)\]\(([^)]+)\)/g, "$1 ($2)");
}
