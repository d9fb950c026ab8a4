import { ROOMS } from "./rooms.ts";
import type { Violation } from "./rules.ts";
import type { Source } from "./source.ts";

/** Documents that name files of src. */
export const GUIDES = ["README.md", "docs/architecture.md"];

/** Files of src that a document names, as `net/listen.ts` or `src/net/listen.ts`, and that do not exist. */
export function misnamed(document: string, text: string, sources: readonly Source[]): Violation[] {
  const prose = text.replace(/^```.*?^```$/gms, "");
  const named = [...prose.matchAll(/`(?:src\/)?([\w-]+)(\/[\w./-]+\.ts)`/g)]
    .filter(([, room = ""]) => Object.hasOwn(ROOMS, room))
    .map(([, room, rest]) => `${room}${rest}`);
  return [...new Set(named)]
    .filter((name) => !sources.some(({ path }) => path === name))
    .map((target) => ({ file: document, target, text: `${document}: there is no src/${target}` }));
}

/** Documents that the comments of a file refer to but that do not exist; `known` lists those that do. */
export function strayReferences({ path, comments }: Source, known: readonly string[]): Violation[] {
  const named = comments.match(/[\w./-]+\.md\b|\bdocs\/decisions\/\d{4}/g) ?? [];
  return named
    .filter((name) => !known.some((document) => document === name || document.startsWith(`${name}-`)))
    .map((target) => ({
      file: path,
      target,
      text: `${path}: refers to ${target}, which is not in the repository`,
    }));
}
