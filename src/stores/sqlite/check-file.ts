import { chmodSync, closeSync, lstatSync, openSync, readSync, type Stats } from "node:fs";
import { StoreError } from "../store-error.ts";

/** "Ptry": SQLite's application_id, in the header of the file. */
export const APPLICATION_ID = 0x50747279;
/** The version of the tables: SQLite's user_version. */
export const VERSION = 1;

const SQLITE_MAGIC = "SQLite format 3\0";
const HEADER_BYTES = 100;
// https://sqlite.org/fileformat2.html, section 1.3
const USER_VERSION_AT = 60;
const APPLICATION_ID_AT = 68;

/**
 * Makes sure that `path` is one of our stores before SQLite touches it; if there is no file, makes an empty one. Must
 * not be called while this process has the file open, because closing a file drops all locks of the process on it.
 *
 * @throws {StoreError} for a file that is not ours and must not be changed
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
      throw refuse("it is not a poetry store; it was left unchanged");
    const version = header.readUInt32BE(USER_VERSION_AT);
    if (version > VERSION)
      throw new StoreError(
        path,
        "newer",
        `it was written by a newer poetry (version ${version}); it was left unchanged`,
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
