import { ROOMS, roomOf } from "./rooms.ts";
import type { Violation } from "./rules.ts";
import type { Source } from "./source.ts";

const FILE_LINES = 300;
const FOLDER_LINES = 2000;
const FOLDER_FILES = 14;

/**
 * Files that may be longer: tables, a class that would be slower if split (docs/decisions/0101), and its typed
 * interface, which consists of overloads and their comments.
 */
const LONG_FILES = new Set(["deferred/chain.ts", "deferred/deferred.ts"]);
/** Folders that may be larger, because they are a library. */
const LARGE_FOLDERS = new Set(["deferred"]);

/** Files and folders that are too large to navigate. */
export function oversized(sources: readonly Source[]): Violation[] {
  const files = sources
    .filter(({ path, lines }) => lines > FILE_LINES && !LONG_FILES.has(path))
    .map(({ path, lines }) => ({
      file: path,
      target: "size",
      text: `${path}: ${lines} lines, at most ${FILE_LINES} allowed: look for its second concept`,
    }));
  const folders = [...Map.groupBy(sources, ({ path }) => folderOf(path))]
    .filter(([folder]) => !LARGE_FOLDERS.has(folder))
    .flatMap(([folder, own]) => {
      const lines = sum(own.map((each) => each.lines));
      if (own.length <= FOLDER_FILES && lines <= FOLDER_LINES) return [];
      const limits = `${FOLDER_FILES} files and ${FOLDER_LINES} lines`;
      return [
        {
          file: folder,
          target: "size",
          text: `${folder}: ${own.length} files, ${lines} lines; at most ${limits} allowed`,
        },
      ];
    });
  return [...files, ...folders];
}

/** The size of each room, and the share of its lines with a comment. */
export function figures(sources: readonly Source[]): string[] {
  return Object.keys(ROOMS).map((room) => {
    const own = sources.filter(({ path }) => roomOf(path) === room);
    const lines = sum(own.map((each) => each.lines));
    const share = (100 * sum(own.map((each) => each.commentLines))) / lines;
    return `${room}: ${own.length} files, ${lines} lines, ${share.toFixed(0)} % comments`;
  });
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
