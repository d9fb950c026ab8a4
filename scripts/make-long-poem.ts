/** Makes poetry/anthology.txt, the long poem of the tests, from the other four. */

import { join } from "node:path";

const POEMS = ["fascination.txt", "ecstasy.txt", "science.txt", "alla_sera.txt"];
const READINGS = 16;

const folder = join(import.meta.dirname, "../poetry");

/** All poems, again and again, with numbered headings, so that no two parts of the text are the same. */
export async function anthology(): Promise<string> {
  const texts = await Promise.all(POEMS.map((name) => Bun.file(join(folder, name)).text()));
  const parts = Array.from({ length: READINGS }, (_, reading) =>
    texts.map((text, index) => `${reading + 1}.${index + 1} ${text}`),
  );
  return parts.flat().join("\n\n");
}

if (import.meta.main) await Bun.write(join(folder, "anthology.txt"), await anthology());
