/**
 * Fails if the code differs from the table in scripts/layers/rooms.ts: an import, package or global that is not in the
 * row of its room, an import circle, a file or folder that is too large, or a document that is out of date. `--figures`
 * prints the size of each room; `--write` updates the documents.
 */
import { Glob } from "bun";
import { join } from "node:path";
import { graphOf } from "./layers/circles.ts";
import { GUIDES, misnamed, strayReferences } from "./layers/names.ts";
import { settle } from "./layers/not-yet.ts";
import { outOfBounds, unused, type Violation } from "./layers/rules.ts";
import { figures, oversized } from "./layers/sizes.ts";
import { readSource, type Source } from "./layers/source.ts";
import { HOUSE } from "./layers/tables.ts";
import { update } from "./markdown.ts";

const ROOT = join(import.meta.dirname, "../");
const SRC = join(ROOT, "src");

/** All violations in src and in the documents about it. */
async function violations(sources: readonly Source[]): Promise<Violation[]> {
  const guides = await Promise.all(
    GUIDES.map(async (name) => misnamed(name, await Bun.file(join(ROOT, name)).text(), sources)),
  );
  const documents = [...new Glob("*.md").scanSync(ROOT), ...new Glob("docs/**/*.md").scanSync(ROOT)];
  return settle(
    [
      ...sources.flatMap((each) => [...outOfBounds(each), ...strayReferences(each, documents)]),
      ...unused(sources),
      ...oversized(sources),
      ...guides.flat(),
    ],
    graphOf(sources),
  );
}

/** All of src. */
function readSources(): Promise<Source[]> {
  const paths = [...new Glob("**/*.ts").scanSync(SRC)].toSorted();
  return Promise.all(paths.map(async (path) => readSource(path, await Bun.file(join(SRC, path)).text())));
}

if (import.meta.main) {
  const sources = await readSources();
  if (process.argv.includes("--figures")) console.log(figures(sources).join("\n"));
  const found = await violations(sources);
  for (const { text } of found) console.error(text);
  const outdated = await update(HOUSE, !process.argv.includes("--write"));
  for (const { file, name } of outdated) {
    console.error(`The part "${name}" of ${file} is out of date: run "bun scripts/check-layers.ts --write".`);
  }
  if (found.length + outdated.length > 0) process.exitCode = 1;
}
