import type { Lifetime } from "../cache/freshness.ts";

/** An answer as it is stored. */
export interface StoredEntry {
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly lifetime: Lifetime;
  readonly number: number;
  /** When it was complete: milliseconds of the wall clock. */
  readonly storedAt: number;
}

/** Bytes of the longest answer that second levels store, because longer ones would take too long to read. */
export const LONGEST_STORED = 2 ** 20;

/*
 * All numbers little-endian:
 *   0  4 magic "PTRY"       4  4 version        8  8 checksum of all that follows
 *  16  8 number            24  8 storedAt      32  8 ttl   40  8 grace   48  8 staleIfError (Infinity: forever)
 *  56  4 length of the key 60  4 length of the bytes       64  key, in UTF-8; bytes
 */
const MAGIC = 0x59525450;
const VERSION = 1;
const HEADER = 64;
const SUMMED_FROM = 16;

const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Encodes an entry, with a checksum. The bytes of the answer are copied, because they are still being served. */
export function toEntryBytes(entry: StoredEntry): Uint8Array<ArrayBuffer> {
  const key = new TextEncoder().encode(entry.key);
  const all = new Uint8Array(HEADER + key.length + entry.bytes.length);
  const view = new DataView(all.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, VERSION, true);
  const { ttl, grace, staleIfError = 0 } = entry.lifetime;
  [entry.number, entry.storedAt, ttl, grace, staleIfError].forEach((value, index) =>
    view.setFloat64(SUMMED_FROM + 8 * index, value, true),
  );
  view.setUint32(56, key.length, true);
  view.setUint32(60, entry.bytes.length, true);
  all.set(key, HEADER);
  all.set(entry.bytes, HEADER + key.length);
  view.setBigUint64(8, checksum(all), true);
  return all;
}

/** Decodes the entry of `key`; undefined if it belongs to another key, has another version, or is damaged. */
export function fromEntryBytes(all: Uint8Array, key: string): StoredEntry | undefined {
  if (all.length < HEADER) return undefined;
  const view = new DataView(all.buffer, all.byteOffset, all.byteLength);
  if (view.getUint32(0, true) !== MAGIC || view.getUint32(4, true) !== VERSION) return undefined;
  const end = HEADER + view.getUint32(56, true);
  if (end + view.getUint32(60, true) !== all.length) return undefined;
  if (view.getBigUint64(8, true) !== checksum(all)) return undefined;
  if (UTF8.decode(all.subarray(HEADER, end)) !== key) return undefined;
  const [number = 0, storedAt = 0, ttl = 0, grace = 0, staleIfError = 0] = Array.from(
    { length: 5 },
    (_, index) => view.getFloat64(SUMMED_FROM + 8 * index, true),
  );
  return { key, number, storedAt, lifetime: { ttl, grace, staleIfError }, bytes: all.subarray(end) };
}

function checksum(all: Uint8Array): bigint {
  return Bun.hash.wyhash(all.subarray(SUMMED_FROM));
}
