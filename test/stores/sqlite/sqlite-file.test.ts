import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { existsSync, readFileSync, statSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { StoreError } from "../../../src/stores/store-error.ts";
import { SqliteFile } from "../../../src/stores/sqlite/sqlite-file.ts";
import { StoreDir } from "../../support/opened-store.ts";

const MiB = 2 ** 20;

/** A file with `count` rows of 3 KB; row N was last used, and expires, at time N. */
function filled(path: string, count: number, maxBytes = MiB): SqliteFile {
  const file = new SqliteFile(path, maxBytes);
  for (let i = 0; i < count; i++)
    file.put(
      {
        service: "poems",
        hash: hashOf(i),
        key: `key ${i}`,
        number: i + 1,
        until: i,
        value: new Uint8Array(3000),
      },
      i,
    );
  file.commit();
  return file;
}

function hashOf(index: number): Uint8Array {
  const hash = new Uint8Array(16);
  new DataView(hash.buffer).setUint32(0, index);
  return hash;
}

/** Reads all of the first 200 rows. */
function reading(path: string): (number | undefined)[] {
  const file = new SqliteFile(path, MiB);
  try {
    return Array.from({ length: 200 }, (_, i) => file.get("poems", hashOf(i), 1)?.length);
  } finally {
    file.close();
  }
}

/** What keeps `path` from being opened. */
function refusal(path: string): StoreError {
  try {
    new SqliteFile(path, MiB).close();
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
  throw new Error("It was opened");
}

test("SqliteFile.makeRoom() evicts the least recently used entries until there is some spare room", async () => {
  await using dir = new StoreDir();
  const file = filled(dir.file, 500);
  file.get("poems", hashOf(0), 60_001); // This makes it the last one to be evicted.
  file.commit();
  expect(file.usedBytes).toBeGreaterThan(MiB);
  while (file.makeRoom());
  expect(file.usedBytes).toBeLessThanOrEqual(MiB * 0.98);
  expect(file.usedBytes).toBeGreaterThan(MiB * 0.9);
  expect(file.get("poems", hashOf(0), 60_001)).toHaveLength(3000);
  expect(file.get("poems", hashOf(1), 60_001)).toBeUndefined();
  expect(file.get("poems", hashOf(499), 60_001)).toHaveLength(3000);
  file.close();
});

test("SqliteFile.sweep() removes expired entries, and checkpoint() gives back their space", async () => {
  await using dir = new StoreDir();
  const file = filled(dir.file, 250);
  file.checkpoint();
  const before = statSync(dir.file).size;
  while (file.sweep(200));
  expect(file.entries).toBe(50);
  file.checkpoint();
  file.close();
  expect(statSync(dir.file).size).toBeLessThan(before / 2);
});

test("SqliteFile.noteUses() writes times of use, a few per step", async () => {
  await using dir = new StoreDir();
  const used = () => {
    using database = new Database(dir.file, { readonly: true });
    const sql = "SELECT count(*) AS n FROM entries WHERE used = 100000";
    return (database.query(sql).get() as { n: number }).n;
  };
  const file = filled(dir.file, 60);
  for (let i = 0; i < 60; i++) file.get("poems", hashOf(i), 100_000);
  expect([file.noteUses(), file.noteUses(), file.noteUses()]).toEqual([true, true, false]);
  for (let i = 0; i < 60; i++) file.get("poems", hashOf(i), 100_000 + 60_000); // Already known that precisely.
  expect(file.noteUses()).toBe(false);
  file.close();
  expect(used()).toBe(60);
});

test("SqliteFile rejects a second process, and names the holder", async () => {
  await using dir = new StoreDir();
  const holder = Bun.spawn(
    [
      process.execPath,
      "-e",
      `import { SqliteFile } from ${JSON.stringify(Bun.resolveSync("../../../src/stores/sqlite/sqlite-file.ts", import.meta.dir))};
       const file = new SqliteFile(${JSON.stringify(dir.file)}, 1000);
       console.log("held");
       setInterval(() => file.commit(), 1000);`,
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  try {
    for await (const chunk of holder.stdout) if (Buffer.from(chunk).includes("held")) break;
    expect(refusal(dir.file)).toMatchObject({
      fault: "held",
      message: expect.stringMatching(
        new RegExp(`^Cannot open the store ${dir.file}: it is in use by \\S+ \\(process ${holder.pid}\\)$`),
      ),
    });
  } finally {
    holder.kill("SIGKILL");
    await holder.exited;
  }
  new SqliteFile(dir.file, MiB).close();
});

test("SqliteFile does not touch foreign files", async () => {
  await using dir = new StoreDir();
  const poem = await dir.write("poem.txt", "I taste a liquor never brewed,\n".repeat(9));
  expect(refusal(poem)).toMatchObject({
    fault: "foreign",
    detail: expect.stringContaining("not a poetry store"),
  });
  expect(readFileSync(poem, "utf8")).toContain("liquor");

  const short = await dir.write("short", "poem");
  expect(refusal(short).fault).toBe("foreign");

  const other = `${dir.path}/other.db`;
  const database = new Database(other);
  database.run("CREATE TABLE poems (title TEXT)");
  database.close();
  expect(refusal(other).fault).toBe("foreign");

  expect(refusal(dir.path).detail).toBe("it is not a regular file");
  filled(dir.file, 1).close();
  symlinkSync(dir.file, `${dir.path}/link`);
  expect(refusal(`${dir.path}/link`).detail).toBe("it is a symbolic link");
});

test("SqliteFile does not touch a newer version", async () => {
  await using dir = new StoreDir();
  filled(dir.file, 1).close();
  const database = new Database(dir.file);
  database.run("PRAGMA user_version = 2");
  database.close();
  expect(refusal(dir.file)).toMatchObject({ fault: "newer", detail: expect.stringContaining("version 2") });
  new Database(dir.file).close();
});

test("SqliteFile accepts an empty file, and keeps others from reading it", async () => {
  await using dir = new StoreDir();
  const path = await dir.write("poetry.db", "");
  filled(path, 1).close();
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(new SqliteFile(path, MiB).entries).toBe(1);
});

test("SqliteFile fails, rather than returning something wrong, if half of the file is gone or garbage", async () => {
  await using dir = new StoreDir();
  filled(dir.file, 200).close();
  const { size } = statSync(dir.file);
  truncateSync(dir.file, size / 2);
  expect(() => reading(dir.file)).toThrow(/malformed|corrupt/i);

  const garbage = `${dir.path}/garbage.db`;
  filled(garbage, 200).close();
  const bytes = readFileSync(garbage);
  bytes.fill(0xa5, 8192);
  writeFileSync(garbage, bytes);
  expect(() => reading(garbage)).toThrow(/malformed|corrupt/i);
  expect(existsSync(garbage)).toBe(true);
});
