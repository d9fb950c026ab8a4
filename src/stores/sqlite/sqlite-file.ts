import { Database, type Statement } from "bun:sqlite";
import { renameSync, rmSync, statSync } from "node:fs";
import { StoreError } from "../store-error.ts";
import { APPLICATION_ID, checkFile, VERSION } from "./check-file.ts";
import { lockHolder } from "./lock-holder.ts";

/** A row to be written. */
export interface Row {
  readonly service: string;
  /** 128 bits of the key. */
  readonly hash: Uint8Array;
  readonly key: string;
  readonly number: number;
  /** When it can no longer be served, in milliseconds of the wall clock; Infinity: never. */
  readonly until: number;
  /** The encoded entry. */
  readonly value: Uint8Array;
}

const PAGE_BYTES = 4096;
/** Entries removed per step, to make room or because they are too old. */
const SLICE = 100;
/** Times of use written per step: each takes three or four pages, and reads have to wait. */
const FEW = 25;
/**
 * The fraction of the size that is freed when there is no room, because otherwise every write would have to make some.
 */
const SPARE = 0.02;
/** The precision of the time of last use, in milliseconds: each update costs a write. */
const USE_STEP_MS = 60_000;
/** Maximum size of the write-ahead log after a checkpoint, in bytes. */
const MOST_LOG_BYTES = 6 * 2 ** 20;
/**
 * Pages of the log after which SQLite runs a checkpoint, while reads wait: for 6 ms; with its default of 1000, 27 ms.
 */
const PAGES_AT_ONCE = 250;
/** The fraction of the previous size that is used after the disk was full, because others need room, too. */
const SMALLER = 0.75;
/** Minimum of the size limit, in bytes, however full the disk is. */
const LEAST_BYTES = 2 ** 20;

const TABLES = `
  CREATE TABLE services (id INTEGER PRIMARY KEY, label TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE entries (
    id INTEGER PRIMARY KEY,
    service INTEGER NOT NULL REFERENCES services,
    hash BLOB NOT NULL,
    key TEXT NOT NULL,
    number INTEGER NOT NULL,
    used INTEGER NOT NULL,
    until REAL NOT NULL,
    value BLOB NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX entries_by_hash ON entries (service, hash);
  CREATE INDEX entries_by_use ON entries (used);
  CREATE INDEX entries_by_end ON entries (until);
`;

/** The database file. It is synchronous, so it lives in a Worker. Every method throws SQLiteError if the file fails. */
export class SqliteFile {
  readonly path: string;
  readonly #db: Database;
  readonly #inode: number;
  readonly #statements = new Map<string, Statement>();
  readonly #services = new Map<string, number>();
  /** Times of last use that are not written yet, by the ids of entries. */
  readonly #uses = new Map<number, number>();
  #maxBytes: number;
  #isWriting = false;

  /**
   * @param maxBytes maximum size of the file
   * @throws {StoreError} for a file that is not ours or is in use
   */
  constructor(path: string, maxBytes: number) {
    this.path = path;
    this.#maxBytes = maxBytes;
    checkFile(path);
    this.#db = new Database(path, { readwrite: true, strict: true });
    try {
      this.#prepare();
    } catch (error) {
      this.#db.close();
      if (isBusy(error)) throw new StoreError(path, "held", `it is in use by ${lockHolder(path)}`);
      throw error;
    }
    this.#inode = statSync(path).ino;
  }

  /** Bytes of the file that are in use. */
  get usedBytes(): number {
    return (this.#pragma("page_count") - this.#pragma("freelist_count")) * PAGE_BYTES;
  }

  /** After the disk was full: how large a new file may become, besides its write-ahead log. */
  get bytesThatFit(): number {
    const [file = 0, log = 0] = ["", "-wal"].map(
      (suffix) => statSync(this.path + suffix, { throwIfNoEntry: false })?.size,
    );
    return Math.max(LEAST_BYTES, (file + log) * SMALLER - MOST_LOG_BYTES);
  }

  get entries(): number {
    return this.#ask<{ n: number }>("SELECT count(*) AS n FROM entries").get()?.n ?? 0;
  }

  /** Whether its path still leads to this file. */
  get isInPlace(): boolean {
    return statSync(this.path, { throwIfNoEntry: false })?.ino === this.#inode;
  }

  get(service: string, hash: Uint8Array, now: number): Uint8Array | undefined {
    const sql = "SELECT id, used, value FROM entries WHERE service = ? AND hash = ?";
    const row = this.#ask<{ id: number; used: number; value: Uint8Array }>(sql).get(
      this.#idOf(service),
      hash,
    );
    if (!row) return undefined;
    if (Math.abs(now - row.used) > USE_STEP_MS) this.#uses.set(row.id, now);
    return row.value;
  }

  /** Writes a few times of use. Returns whether there are more. */
  noteUses(): boolean {
    let left = FEW;
    for (const [id, now] of this.#uses) {
      if (left-- === 0) break;
      this.#uses.delete(id);
      this.#write("UPDATE entries SET used = ? WHERE id = ?", now, id);
    }
    this.commit();
    return this.#uses.size > 0;
  }

  /** Stores a row, unless there is one with a larger number. */
  put({ service, hash, key, number, until, value }: Row, now: number): void {
    this.#write(
      `INSERT INTO entries (service, hash, key, number, used, until, value) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (service, hash) DO UPDATE SET key = excluded.key, number = excluded.number, used = excluded.used,
         until = excluded.until, value = excluded.value WHERE excluded.number >= number`,
      this.#idOf(service),
      hash,
      key,
      number,
      now,
      until,
      value,
    );
  }

  /** Removes a row if its number is smaller than `number`. Returns how many were removed. */
  drop(service: string, hash: Uint8Array, number: number): number {
    const sql = "DELETE FROM entries WHERE service = ? AND hash = ? AND number < ?";
    return this.#write(sql, this.#idOf(service), hash, number);
  }

  /** The next keys of a service in the order of their ids, starting after the id `after`. */
  keys(service: string, after: number, limit: number): { readonly id: number; readonly key: string }[] {
    const sql = "SELECT id, key FROM entries WHERE service = ? AND id > ? ORDER BY id LIMIT ?";
    return this.#ask<{ id: number; key: string }>(sql).all(this.#idOf(service), after, limit);
  }

  remove(ids: readonly number[]): number {
    return ids.reduce((sum, id) => sum + this.#write("DELETE FROM entries WHERE id = ?", id), 0);
  }

  clear(service: string): number {
    return this.#write("DELETE FROM entries WHERE service = ?", this.#idOf(service));
  }

  /** Commits what was written; it survives a crash of the process, but perhaps not of the machine. */
  commit(): void {
    if (!this.#isWriting) return;
    this.#isWriting = false;
    this.#db.run("COMMIT");
  }

  /** Commits so that everything survives a crash of the machine, too. */
  commitDurably(): undefined {
    this.commit();
    this.#db.run("PRAGMA synchronous = FULL");
    try {
      this.#db.run("BEGIN IMMEDIATE");
      this.#db.run("PRAGMA user_version = " + VERSION); // A transaction that writes nothing is not synced.
      this.#db.run("COMMIT");
    } finally {
      this.#db.run("PRAGMA synchronous = NORMAL");
    }
  }

  /** If the file is too large, evicts a slice of the least recently used entries. Returns whether to go on. */
  makeRoom(): boolean {
    if (this.usedBytes <= this.#maxBytes) return false;
    while (this.noteUses());
    const goal = this.#maxBytes * (1 - SPARE);
    const oldest = this.#ask<{ id: number }>("SELECT id FROM entries ORDER BY used LIMIT ?").all(SLICE);
    for (const { id } of oldest) {
      this.remove([id]);
      if (this.usedBytes <= goal) break;
    }
    this.commit();
    return oldest.length > 0 && this.usedBytes > goal;
  }

  /** Removes a slice of the entries that are too old to be served. Returns whether to go on. */
  sweep(now: number): boolean {
    const sql =
      "DELETE FROM entries WHERE id IN (SELECT id FROM entries WHERE until < ? ORDER BY until LIMIT ?)";
    const removed = this.#write(sql, now, SLICE);
    this.commit();
    return removed === SLICE;
  }

  /** Moves the write-ahead log into the file, and returns free pages to the system. */
  checkpoint(): void {
    while (this.noteUses());
    this.#db.run("PRAGMA incremental_vacuum(500)");
    this.#db.run("PRAGMA wal_checkpoint(TRUNCATE)");
  }

  close(): void {
    for (const statement of this.#statements.values()) statement.finalize();
    this.#db.close();
  }

  #prepare(): void {
    const db = this.#db;
    db.run("PRAGMA busy_timeout = 0");
    db.run("PRAGMA trusted_schema = OFF");
    db.run("PRAGMA locking_mode = EXCLUSIVE");
    db.run(`PRAGMA page_size = ${PAGE_BYTES}`);
    db.run("PRAGMA auto_vacuum = INCREMENTAL"); // Has to come before the first table.
    db.run("BEGIN EXCLUSIVE"); // From here on, no other process can use the file.
    if (this.#pragma("user_version") === 0) {
      db.run(TABLES);
      db.run(`PRAGMA application_id = ${APPLICATION_ID}`);
      db.run(`PRAGMA user_version = ${VERSION}`);
    }
    db.run("COMMIT");
    db.run("PRAGMA journal_mode = WAL");
    db.run("PRAGMA synchronous = NORMAL");
    db.run(`PRAGMA wal_autocheckpoint = ${PAGES_AT_ONCE}`);
    db.run(`PRAGMA journal_size_limit = ${MOST_LOG_BYTES}`);
  }

  #idOf(service: string): number {
    const known = this.#services.get(service);
    if (known !== undefined) return known;
    this.#write("INSERT INTO services (label) VALUES (?) ON CONFLICT DO NOTHING", service);
    const { id } = this.#ask<{ id: number }>("SELECT id FROM services WHERE label = ?").get(service) ?? {
      id: 0,
    };
    this.#services.set(service, id);
    return id;
  }

  #pragma(name: "page_count" | "freelist_count" | "user_version"): number {
    return this.#ask<Record<string, number>>(`PRAGMA ${name}`).get()?.[name] ?? 0;
  }

  #write(sql: string, ...values: (string | number | Uint8Array)[]): number {
    if (!this.#isWriting) this.#db.run("BEGIN IMMEDIATE");
    this.#isWriting = true;
    return this.#ask(sql).run(...values).changes;
  }

  #ask<T>(sql: string): Statement<T, (string | number | Uint8Array)[]> {
    let statement = this.#statements.get(sql);
    if (!statement) this.#statements.set(sql, (statement = this.#db.prepare(sql)));
    return statement as Statement<T, (string | number | Uint8Array)[]>;
  }
}

/** Removes an unusable file. A damaged one is renamed to `.damaged` instead, for inspection. */
export function discard(path: string, { isDamaged }: { readonly isDamaged: boolean }): void {
  for (const suffix of ["-wal", "-shm", "-journal"]) rmSync(path + suffix, { force: true });
  if (isDamaged) renameSync(path, `${path}.damaged`);
  else rmSync(path, { force: true });
}

function isBusy(error: unknown): boolean {
  const { code = "" } = error as { readonly code?: string };
  return code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED");
}
