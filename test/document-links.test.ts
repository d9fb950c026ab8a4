import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { anchorsIn, linksIn } from "../scripts/documents.ts";
import { mentionedFlags } from "../scripts/mentioned-flags.ts";
import { FLAGS } from "./support/flags-of.ts";

const ROOT = join(import.meta.dirname, "../");
const DOCUMENTS = [...new Bun.Glob("**/*.md").scanSync({ cwd: ROOT, dot: true })]
  .filter((file) => !/(^|\/)(node_modules|dist)\//.test(file))
  .toSorted();

/** Flags of other programs, and of our own scripts, that documents mention. */
const OF_OTHERS: Readonly<Record<string, string>> = {
  "--bytecode": "bun build",
  "--compare": "bun run release",
  "--compile": "bun build",
  "--dir": "install.sh",
  "--figures": "scripts/check-layers.ts",
  "--flag": "any flag",
  "--format": "bun build",
  "--from": "install.sh",
  "--ignore-scripts": "npm",
  "--minify": "bun build",
  "--no-compile-autoload-bunfig": "bun build",
  "--no-compile-autoload-dotenv": "bun build",
  "--now": "systemctl",
  "--omit": "npm",
  "--persistent-connection": "RIPE's whois servers",
  "--reloading": "systemd-notify",
  "--seconds": "scripts/torture.ts, bench/soak.ts",
  "--seed": "scripts/torture.ts, bench/soak.ts",
  "--sourcemap": "bun build",
  "--splitting": "bun build",
  "--stats-http": "uWSGI",
  "--target": "bun run release",
  "--unix-socket": "curl",
  "--write": "scripts/check-layers.ts",
  "--yes": "npx",
};
/** Flags that every command accepts. */
const OF_PROGRAM = ["--help", "--version"];

function read(file: string): string {
  return readFileSync(join(ROOT, file), "utf8");
}

/** What is wrong with the target of a link; `undefined` if nothing. */
function wrongWith(file: string, target: string): string | undefined {
  if (/^[a-z]+:/.test(target)) {
    const url = URL.parse(target);
    return url && (url.protocol === "mailto:" || (url.protocol === "https:" && url.hostname.includes(".")))
      ? undefined
      : `${target}: not an address`;
  }
  const [path = "", anchor] = target.split("#");
  const from = dirname(file);
  const linked = path === "" ? file : normalize(join(from, decodeURI(path)));
  if (!existsSync(join(ROOT, linked))) return `${target}: no such file`;
  if (anchor === undefined || !linked.endsWith(".md")) return undefined;
  return anchorsIn(read(linked)).has(anchor) ? undefined : `${target}: no such heading`;
}

describe.each(DOCUMENTS)("%s", (file) => {
  test("links to existing files, headings and addresses", () => {
    expect(linksIn(read(file)).flatMap((target) => wrongWith(file, target) ?? [])).toEqual([]);
  });

  test("mentions existing flags of the command", () => {
    const all = new Set([...OF_PROGRAM, ...[...FLAGS.values()].flatMap(({ long }) => long)]);
    const unknown = mentionedFlags(read(file), FLAGS.keys()).filter(({ flag, command }) => {
      if (command === undefined) return !all.has(flag) && !Object.hasOwn(OF_OTHERS, flag);
      return !(command === "" ? OF_PROGRAM : (FLAGS.get(command)?.long ?? [])).includes(flag);
    });
    expect(unknown).toEqual([]);
  });
});

test("flags of other programs are mentioned somewhere, and are not our own", () => {
  const mentioned = new Set(
    DOCUMENTS.flatMap((file) => mentionedFlags(read(file), FLAGS.keys())).map(({ flag }) => flag),
  );
  for (const flag of Object.keys(OF_OTHERS)) {
    expect(mentioned).toContain(flag);
    for (const { long } of FLAGS.values()) expect(long).not.toContain(flag);
  }
});
