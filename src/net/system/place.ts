import { readlinkSync, realpathSync } from "node:fs";
import { basename, dirname, join, normalize, resolve } from "node:path";

/** More links than any valid path has. */
const MOST_LINKS = 40;

/**
 * Where a path leads, in one spelling: without `..`, `//` and links, as far as its folders exist. Paths with the same
 * place name the same file, or socket. An abstract name is its own place.
 */
export function placeOfPath(path: string): string {
  let place = path;
  for (let links = 0; links < MOST_LINKS; links++) {
    if (place.startsWith("@")) return place;
    const folder = attempt(() => realpathSync.native(dirname(place)));
    if (folder === undefined) return normalize(place);
    place = join(folder, basename(place));
    const target = attempt(() => readlinkSync(place)); // It need not lead to a file yet.
    if (target === undefined) return place;
    place = resolve(folder, target);
  }
  return place;
}

function attempt(look: () => string): string | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
