/**
 * Fails when the code is not the house that scripts/layers/rooms.ts describes: an import, a package or a global that is not
 * on the row of a room, an import circle, a file or folder too large, a table in the documents that says otherwise.
 * `--figures` prints how large the rooms are; `--write` mends the tables.
 */
import { Glob } from "bun";
import { join } from "node:path";
import { graphOf } from "./layers/circles.ts";
import { settle, type Debt } from "./layers/not-yet.ts";
import { outOfBounds, unused, type Violation } from "./layers/rules.ts";
import { figures, oversized } from "./layers/sizes.ts";
import { readSource, type Source } from "./layers/source.ts";

const SRC = join(import.meta.dirname, "../src");

/** Everything that is wrong with these files of src. */
export function violations(sources: readonly Source[], debts?: readonly Debt[]): Violation[] {
  const found = [...sources.flatMap((each) => outOfBounds(each)), ...unused(sources), ...oversized(sources)];
  return settle(found, graphOf(sources), debts);
}

/** All of src. */
export function readSources(): Promise<Source[]> {
  const paths = [...new Glob("**/*.ts").scanSync(SRC)].toSorted();
  return Promise.all(paths.map(async (path) => readSource(path, await Bun.file(join(SRC, path)).text())));
}

if (import.meta.main) {
  const sources = await readSources();
  if (process.argv.includes("--figures")) console.log(figures(sources).join("\n"));
  const found = violations(sources);
  for (const { text } of found) console.error(text);
  if (found.length > 0) process.exitCode = 1;
}
