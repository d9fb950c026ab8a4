import { chmodSync, closeSync, lstatSync, openSync, readSync, type Stats } from "node:fs";
import { StoreError } from "../store-error.ts";

/** "Ptry" in the header of a file: SQLite's application_id. */
export const APPLICATION_ID = 0x50747279;
/** Of the tables: SQLite's user_version. */
export const VERSION = 1;

const SQLITE_MAGIC = "SQLite format 3\0";
const HEADER_BYTES = 100;
// https://sqlite.org/fileformat2.html, section 1.3
const USER_VERSION_AT = 60;
const APPLICATION_ID_AT = 68;

/**
 * Makes sure that `path` is one of our stores, or does not exist, before SQLite touches it. Not to be called while this
 * process has it open: closing a file drops all locks of the process on it.
 *
 * @throws {StoreError} for a file that must be left alone
 */
export function checkFile(path: string): void {
  const stats = statsOf(path);
  if (!stats) return create(path);
  const refuse = (detail: string) => new StoreError(path, "foreign", detail);
  if (stats.isSymbolicLink()) throw refuse("it is a symbolic link");
  if (!stats.isFile()) throw refuse("it is not a regular file");
  if (stats.uid !== process.geteuid?.()) throw refuse("it belongs to another user");
  const header = readHeader(path);
  if (header.length > 0) {
    const isSqlite = header.toString("latin1", 0, SQLITE_MAGIC.length) === SQLITE_MAGIC;
    if (
      !isSqlite ||
      header.length < HEADER_BYTES ||
      header.readUInt32BE(APPLICATION_ID_AT) !== APPLICATION_ID
    )
      throw refuse("it is not a store of poetry; it was left as it is");
    const version = header.readUInt32BE(USER_VERSION_AT);
    if (version > VERSION)
      throw new StoreError(
        path,
        "newer",
        `a newer poetry wrote it (version ${version}); it was left as it is`,
      );
  }
  if ((stats.mode & 0o077) !== 0) chmodSync(path, 0o600); // SQLite gives its other files the same mode.
}

function statsOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

/** An empty file is an empty database. */
function create(path: string): void {
  closeSync(openSync(path, "wx", 0o600));
}

function readHeader(path: string): Buffer {
  const file = openSync(path, "r");
  try {
    const header = Buffer.alloc(HEADER_BYTES);
    return header.subarray(0, readSync(file, header, 0, HEADER_BYTES, 0));
  } finally {
    closeSync(file);
  }
}
