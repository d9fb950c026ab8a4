/** Makes poetry/anthology.txt, the long poem of the tests, from the other four. */

const POEMS = ["fascination.txt", "ecstasy.txt", "science.txt", "alla_sera.txt"];
const READINGS = 16;

const folder = new URL("../poetry/", import.meta.url);

/** Every poem, again and again; each has a numbered heading, so that no two parts of the whole are the same. */
export async function anthology(): Promise<string> {
  const texts = await Promise.all(POEMS.map((name) => Bun.file(new URL(name, folder)).text()));
  const parts = Array.from({ length: READINGS }, (_, reading) =>
    texts.map((text, index) => `${reading + 1}.${index + 1} ${text}`),
  );
  return parts.flat().join("\n\n");
}

if (import.meta.main) await Bun.write(new URL("anthology.txt", folder), await anthology());
