import type { Deferred } from "../../deferred/mod.ts";
import type { Link } from "./redis-link.ts";
import type { RedisLevel } from "./redis-level.ts";
import { READ_LOG } from "./scripts.ts";
import { PATIENCE_MS } from "./surroundings.ts";

/** Follows the purge logs, because answers purged by other nodes must leave the memory of this one, too. */
export class PurgeLog {
  readonly #link: Link;
  readonly #node: string;
  /** The last entry read for each level; absent: none was read, so that all may matter. */
  readonly #reached = new Map<RedisLevel, string>();
  #runId = "";

  constructor(link: Link, node: string) {
    this.#link = link;
    this.#node = node;
  }

  /** Reads all logs in one call, and notifies each level of what was purged. */
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
        for (const [index, level] of levels.entries()) this.#notify(level, entryOf(reply, index), isOther);
      });
  }

  /** Drops what it knows of a level that is no longer in use. */
  forget(level: RedisLevel): void {
    this.#reached.delete(level);
  }

  /** @param isOther whether it is another run of the server, which may have lost the latest entries */
  #notify(level: RedisLevel, [missed, reached, ...purges]: readonly string[], isOther: boolean): void {
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
  if (!Array.isArray(entry) || entry.length < 2) throw new Error("its reply is invalid");
  return entry.map(String);
}
