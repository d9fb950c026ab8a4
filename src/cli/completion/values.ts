import type { Setting } from "../../settings/setting.ts";

export interface Candidate {
  readonly word: string;
  readonly help?: string;
}

/** What a word may become. */
export interface Completion {
  readonly candidates: readonly Candidate[];
  /** Names of files as well: they follow this beginning of the word, such as `--store=`. */
  readonly files?: string;
  /** Names that only a running process knows. */
  readonly names?: LiveNames;
}

export interface LiveNames {
  readonly of: "services" | "upstreams" | "keys";
  /** What the names are appended to, and what has been typed of one. */
  readonly prefix: string;
  readonly start: string;
  /** The process that is meant, if the line says so. */
  readonly socket: string | undefined;
  /** The service that is meant, if the line says so. */
  readonly service: string | undefined;
}

/**
 * What the value of a setting may be.
 *
 * @param start what has been typed of it
 * @param prefix what stands before it in the same word
 */
export function valuesOf(
  setting: Setting,
  start: string,
  given: ReadonlyMap<string, readonly string[]>,
  prefix = "",
): Completion {
  const { words = [], isPath = false, names, separator, flag } = setting;
  if (names) {
    const [socket, service] = ["socket", "service"].map((each) => given.get(each)?.[0]);
    return { candidates: [], names: { of: names, prefix, start, socket, service } };
  }
  if (isPath === true) return { candidates: [], files: prefix };
  if (typeof isPath === "string" && start.startsWith(isPath))
    return { candidates: [], files: prefix + isPath };
  const parts = separator === undefined ? [start] : start.split(separator);
  const last = parts.pop() as string;
  const used = new Set([...parts, ...(setting.kind === "positionals" ? (given.get(flag) ?? []) : [])]);
  const head = prefix + parts.map((part) => part + separator).join("");
  const fitting = words.filter((word) => isLiteral(word) && word.startsWith(last) && !used.has(word));
  return { candidates: fitting.map((word) => ({ word: head + word })) };
}

/** Whether a word is meant as it is written: `bytes:N` is not. */
function isLiteral(word: string): boolean {
  return !/[A-Z]/.test(word);
}
