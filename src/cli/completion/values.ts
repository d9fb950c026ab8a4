import type { Setting } from "../../settings/setting.ts";

/** A word that the last one may be completed to, and its meaning. */
export interface Candidate {
  readonly word: string;
  readonly help?: string;
}

/** How a word may be completed. */
export interface Completion {
  readonly candidates: readonly Candidate[];
  /**
   * Set if file names are candidates, too: the start of the word that they follow, such as `--store=`; may be empty.
   */
  readonly files?: string;
  /** Set if a running process knows the candidates. */
  readonly names?: LiveNames;
}

/** Which names to ask a running process for. */
export interface LiveNames {
  readonly of: "services" | "upstreams" | "keys";
  /** What stands before the name in the same word, and the part of the name that has been typed. */
  readonly prefix: string;
  readonly start: string;
  /** The value of --socket, if it was typed. */
  readonly socket: string | undefined;
  /** The service that is meant, if the line says so. */
  readonly service: string | undefined;
}

/**
 * The candidates for the value of a setting.
 *
 * @param start the part of the value that has been typed
 * @param given the settings typed before, by flag: arguments are not offered twice
 * @param prefix what stands before the value in the same word
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

/** Whether a word can be typed as it is: `bytes:N` is a pattern. */
function isLiteral(word: string): boolean {
  return !/[A-Z]/.test(word);
}
