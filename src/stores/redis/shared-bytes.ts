import { usefulFor, type Lifetime } from "../../cache/freshness.ts";
import type { Portable } from "../../cache/second-level.ts";
import { fromEntryBytes, LONGEST_STORED, toEntryBytes } from "../entry-bytes.ts";

/** How long Redis keeps values without expiry, in milliseconds: ten years. */
const FOREVER_MS = 315_360_000_000;
/** "EPOCH NUMBER\n", "NUMBER given\n" or "NUMBER said ENDING\n". */
const LONGEST_HEAD = 64;
/** Bytes of the longest key that a client can make, limited by --max-request. */
const LONGEST_KEY = 2 ** 24;

/** Bytes. A longer value cannot be one of ours. */
export const LONGEST_SHARED = LONGEST_STORED + LONGEST_KEY;

const NEWLINE = 10;

/** How long a value stays on the server after its creation, in milliseconds. */
export function shelfLife(lifetime: Lifetime): number {
  return Math.min(usefulFor(lifetime), FOREVER_MS);
}

/** Encodes a value as entry bytes. Redis measures its age, not a node's clock. */
export function toSharedBytes(
  key: string,
  { bytes, lifetime, number }: Pick<Portable, "bytes" | "lifetime" | "number">,
): Uint8Array<ArrayBuffer> {
  return toEntryBytes({ key, bytes, lifetime, number, storedAt: 0 });
}

/** Decodes the value after the head of stored bytes; undefined if it is damaged or belongs to another key. */
export function fromSharedBytes(all: Uint8Array, key: string) {
  const end = all.subarray(0, LONGEST_HEAD).indexOf(NEWLINE);
  return end < 0 ? undefined : fromEntryBytes(all.subarray(end + 1), key);
}
