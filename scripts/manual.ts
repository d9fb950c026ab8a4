/**
 * Writes dist/manual/: man pages (man1, man5) and completions (bash, zsh, fish), all made from the tables of settings
 * and commands. The same commit gives the same bytes. An argument is another folder for them.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { completionScript, NAMES } from "../src/cli/completion/scripts.ts";
import { manual } from "./manual/manual.ts";

const ROOT = join(import.meta.dirname, "../");
const OUT = process.argv[2] ?? join(ROOT, "dist/manual");

/** The day of the pages: $SOURCE_DATE_EPOCH, else that of the commit, else the beginning of the epoch. */
function day(): Date {
  const { SOURCE_DATE_EPOCH: epoch } = process.env;
  const git = Bun.which("git")
    ? Bun.spawnSync(["git", "log", "-1", "--format=%ct"], { cwd: ROOT }).stdout
    : "";
  return new Date(1000 * (Number(epoch ?? git.toString()) || 0));
}

function write(path: string, text: string): void {
  mkdirSync(join(OUT, path, ".."), { recursive: true });
  writeFileSync(join(OUT, path), text);
}

for (const each of ["man1", "man5", "completions"]) rmSync(join(OUT, each), { recursive: true, force: true });
const pages = await manual(day());
for (const { name, part, text } of pages) write(`man${part}/${name}.${part}`, text);
// A file for each name of the program, as the shells look for them; each completes its own name only.
for (const name of NAMES) {
  write(`completions/bash/${name}`, completionScript("bash", [name]));
  write(`completions/zsh/_${name}`, completionScript("zsh", [name]));
  write(`completions/fish/${name}.fish`, completionScript("fish", [name]));
}
console.error(`Wrote ${pages.length} pages, and completions for bash, zsh and fish, to ${OUT}`);
