import type { Deferred } from "../../deferred/mod.ts";
import type { Link } from "./redis-link.ts";
import type { RedisLevel } from "./redis-level.ts";
import { READ_LOG } from "./scripts.ts";
import { PATIENCE_MS } from "./surroundings.ts";

/** Follows the logs of purges: answers purged by other nodes must leave the memory of this one, too. */
export class PurgeLog {
  readonly #link: Link;
  readonly #node: string;
  /** The last entry read for each level. Absent: none has been read, and all may matter. */
  readonly #reached = new Map<RedisLevel, string>();
  #runId = "";

  constructor(link: Link, node: string) {
    this.#link = link;
    this.#node = node;
  }

  /** Reads all logs in one call, and tells each level what was purged. */
  read(levels: readonly RedisLevel[]): Deferred<void> {
    const { runId } = this.#link;
    const isOther = this.#runId !== "" && runId !== this.#runId;
    const logs = levels.map(({ keys }) => keys.log);
    return this.#link
      .run(
        READ_LOG,
        logs,
        levels.map((level) => this.#reached.get(level) ?? "0-0"),
        PATIENCE_MS,
      )
      .addCallback((reply) => {
        this.#runId = runId;
        for (const [index, level] of levels.entries()) this.#tell(level, entryOf(reply, index), isOther);
      });
  }

  forget(level: RedisLevel): void {
    this.#reached.delete(level);
  }

  /** @param isOther whether it is another run of the server, which may have lost the latest entries */
  #tell(level: RedisLevel, [missed, reached, ...purges]: readonly string[], isOther: boolean): void {
    this.#reached.set(level, reached ?? "");
    if (missed === "1" || isOther) return level.purgedElsewhere("outdated");
    for (let i = 0; i < purges.length; i += 3) {
      const [node, kind, key = ""] = purges.slice(i, i + 3);
      if (node === this.#node) continue;
      level.purgedElsewhere(kind === "key" ? { key: Buffer.from(key, "base64").toString() } : "all");
    }
  }
}

/** @throws {Error} for an invalid reply */
function entryOf(reply: unknown, index: number): string[] {
  const entry: unknown = Array.isArray(reply) ? reply[index] : undefined;
  if (!Array.isArray(entry) || entry.length < 2) throw new Error("its reply makes no sense");
  return entry.map(String);
}
