import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Derived } from "./markdown.ts";

const FOLDER = join(import.meta.dirname, "../docs/decisions");

/** The meaning of the first two digits of a decision's number. */
const RANGES: Readonly<Record<string, string>> = {
  "00": "General: the executable, its platform, the structure of the code",
  "01": "Deferred",
  "02": "Transformations",
  "03": "Faults and their tests",
  "04": "Cache, fetches, visits",
  "05": "Sockets and protocols",
  "06": "Settings and the command line",
  "07": "Events, the log, metrics",
  "08": "Processes: start, shutdown, reload, upgrade, control",
  "09": "Second levels of the cache",
};

/** The index of the decisions. */
export const DECISIONS: Derived = { file: "docs/decisions/README.md", name: "decisions", table: index };

function index(): string {
  const files = readdirSync(FOLDER)
    .filter((name) => name !== "README.md")
    .toSorted();
  const stray = files.find((name) => !/^\d{4}-[\w-]+\.md$/.test(name) || !(name.slice(0, 2) in RANGES));
  if (stray)
    throw new Error(
      `docs/decisions/${stray}: expected NNNN-title.md, with NN one of the ranges in the index`,
    );
  return Object.entries(RANGES)
    .map(([range, meaning]) => {
      const own = files.filter((name) => name.startsWith(range));
      return `**${range}xx** ${meaning}\n\n${own.map(line).join("\n")}`.trimEnd();
    })
    .join("\n\n");
}

/** The line of one decision: its title is the first line of the file. */
function line(file: string): string {
  const [title = ""] = readFileSync(join(FOLDER, file), "utf8").split("\n");
  return `- [${title.replace(/^# (\d{4}):? /, "$1](" + file + "): ")}`;
}
