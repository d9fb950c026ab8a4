import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { mkdir, rename, rm, symlink, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  PoemLibrary,
  type Poem,
  type PoemLibraryOptions,
  type TitleList,
} from "../../../src/services/poems/poem-library.ts";
import { PoemNames } from "../../../src/services/poems/poem-names.ts";
import { ManualClock } from "../../../src/time/manual-clock.ts";
import { nextTurn } from "../../support/next-turn.ts";
import { roomy } from "../../support/roomy.ts";
import { TempDir } from "../../support/temp-dir.ts";

const MIB = 1024 * 1024;

function libraryOf(directory: string, options: Partial<PoemLibraryOptions> = {}): PoemLibrary {
  return new PoemLibrary({
    directory,
    clock: new ManualClock(),
    maxPoem: 64 * MIB,
    memory: roomy(),
    skipped: () => {},
    ...options,
  });
}

async function titlesOf(library: PoemLibrary): Promise<string[]> {
  const { titles, text } = await library.list();
  const lines = Buffer.from(text).toString().split("\n");
  expect({ titles, end: lines.pop() }).toEqual({ titles: lines.length, end: "" });
  return lines;
}

/** A directory with these files, its library, and the library's errors. */
async function setUp(files: Readonly<Record<string, string>> = {}) {
  const dir = new TempDir();
  for (const [name, content] of Object.entries(files)) await dir.write(name, content);
  const skipped: string[] = [];
  const clock = new ManualClock();
  const library = libraryOf(dir.path, {
    clock,
    skipped: (file, reason) => skipped.push(`${file}: ${reason}`),
  });
  const find = async (title: string) => {
    const poem = await library.find(title);
    return poem && Buffer.from(poem.bytes).toString();
  };
  return { dir, clock, library, skipped, find, [Symbol.asyncDispose]: () => dir[Symbol.asyncDispose]() };
}

function openFiles(): number {
  return readdirSync("/proc/self/fd").length;
}

function failureOf(lookup: PromiseLike<unknown>): Promise<unknown> {
  return Promise.resolve(lookup).then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe("PoemLibrary.find()", () => {
  test("finds a poem by the name of its file, in any case", async () => {
    await using stage = await setUp({ "Ecstasy.txt": "Where, like", "alla sera.txt": "Forse" });
    for (const title of ["Ecstasy", "ecstasy", "ECSTASY"])
      expect(await stage.find(title)).toBe("Where, like");
    expect(await stage.find("Alla Sera")).toBe("Forse");
  });

  test("treats letters that look the same as equal", async () => {
    await using stage = await setUp({ ["Sì.txt".normalize("NFD")]: "yes" });
    expect(await stage.find("SÌ".normalize("NFC"))).toBe("yes");
  });

  test.each([
    ["a title that is not there", "daffodils"],
    ["no title", ""],
    ["the name of a file", "ecstasy.txt"],
    ["a file of another kind", "notes.md"],
    ["a hidden file", ".hidden"],
    ["the end of a name", "stasy"],
    ["the directory", "."],
    ["its parent", ".."],
    ["a file beside it", "../secret"],
    ["a file beside it, by way of a subdirectory", "sub/../../secret"],
    ["a way out and in again", "sub/../ecstasy"],
    ["a subdirectory", "sub"],
    ["a file in a subdirectory", "sub/inner"],
    ["an absolute path", "/etc/passwd"],
    ["a NUL", "ecstasy\0"],
    ["a NUL before an ending", "ecstasy\0.txt"],
    ["an encoded way out", "..%2fsecret"],
    ["a doubly encoded one", "..%252fsecret"],
    ["an overlong slash", "..\uFFFD\uFFFDsecret"],
    ["a backslash", "..\\secret"],
    ["a full-width slash", "..／secret"],
    ["a property of every object", "__proto__"],
  ])("finds nothing for %s", async (_, title) => {
    await using outer = new TempDir();
    await outer.write("secret.txt", "secret");
    const directory = join(outer.path, "poems");
    await mkdir(join(directory, "sub"), { recursive: true });
    await outer.write("poems/ecstasy.txt", "Where, like");
    await outer.write("poems/notes.md", "notes");
    await outer.write("poems/.hidden.txt", "hidden");
    await outer.write("poems/sub/inner.txt", "inner");
    const library = libraryOf(directory);
    expect(await library.find(title)).toBeUndefined();
    expect(await titlesOf(library)).toEqual(["ecstasy"]);
  });

  test("follows links that stay inside the directory, and no others", async () => {
    await using outer = new TempDir();
    await using stage = await setUp({ "ecstasy.txt": "Where, like" });
    const secret = await outer.write("secret.txt", "secret");
    const inDir = (name: string) => join(stage.dir.path, name);
    await mkdir(inDir("..data"));
    await stage.dir.write("..data/science.txt", "Science!");
    await symlink("..data", inDir("..now"));
    await symlink("..now/science.txt", inDir("science.txt")); // How Kubernetes mounts files.
    await symlink(secret, inDir("file.txt"));
    await symlink(outer.path, inDir("directory.txt"));
    await symlink(outer.path, inDir("beside"));
    await symlink("beside/secret.txt", inDir("detour.txt"));
    await symlink("nowhere", inDir("dangling.txt"));
    await symlink("circle.txt", inDir("circle.txt"));
    await symlink("/dev/zero", inDir("device.txt"));
    expect(await stage.find("science")).toBe("Science!");
    for (const title of ["file", "directory", "detour", "dangling", "circle", "device"])
      expect(await stage.find(title)).toBeUndefined();
    expect(await titlesOf(stage.library)).toEqual(["ecstasy", "science"]);
    const out = "it links outside the directory";
    expect(stage.skipped).toEqual(
      ["file", "directory", "detour", "device"].map((title) => `${title}.txt: ${out}`),
    );
  });

  test("does not confuse a directory with a neighbour of a longer name", async () => {
    await using outer = new TempDir();
    await mkdir(join(outer.path, "poems"));
    await mkdir(join(outer.path, "poems-secret"));
    const secret = await outer.write("poems-secret/x.txt", "secret");
    await symlink(secret, join(outer.path, "poems/x.txt"));
    const directory = join(outer.path, "poems");
    const library = libraryOf(directory);
    expect(await library.find("x")).toBeUndefined();
  });

  test("finds neither directories nor files that could block", async () => {
    await using stage = await setUp({ "ecstasy.txt": "Where, like" });
    await mkdir(join(stage.dir.path, "directory.txt"));
    expect(spawnSync("mkfifo", [join(stage.dir.path, "fifo.txt")]).status).toBe(0);
    await symlink("fifo.txt", join(stage.dir.path, "link.txt"));
    await symlink("directory.txt", join(stage.dir.path, "inner.txt"));
    await mkdir(join(stage.dir.path, "ECSTASY.txt")); // Nor does a directory take a poem's title.
    expect(await stage.find("ecstasy")).toBe("Where, like");
    for (const title of ["directory", "fifo", "link", "inner"])
      expect(await stage.find(title)).toBeUndefined();
    expect(await titlesOf(stage.library)).toEqual(["ecstasy"]);
  });

  test("ignores an empty file", async () => {
    await using stage = await setUp({ "ecstasy.txt": "" });
    expect(await stage.find("ecstasy")).toBeUndefined();
    expect(await titlesOf(stage.library)).toEqual([]);
  });

  test("sees changes of the poems", async () => {
    await using stage = await setUp({ "ecstasy.txt": "first" });
    const path = join(stage.dir.path, "ecstasy.txt");
    expect(await stage.find("ecstasy")).toBe("first");
    await stage.dir.write("new", "other");
    await utimes(join(stage.dir.path, "new"), 0, 0);
    await utimes(path, 0, 0);
    expect(await stage.find("ecstasy")).toBe("first");
    await rename(join(stage.dir.path, "new"), path); // With the same length and modification time.
    expect(await stage.find("ecstasy")).toBe("other");
    await stage.dir.write("ecstasy.txt", "a longer one");
    expect(await stage.find("ecstasy")).toBe("a longer one");
    await truncate(path);
    expect(await stage.find("ecstasy")).toBeUndefined();
    await rm(path);
    expect(await stage.find("ecstasy")).toBeUndefined();
    await stage.dir.write("science.txt", "Science!");
    expect(await stage.find("science")).toBe("Science!");
  });

  test("shares the bytes among all clients of the same poem", async () => {
    await using stage = await setUp({ "ecstasy.txt": "Where, like" });
    const find = () => stage.library.find("ecstasy");
    const [first, second] = await Promise.all([find(), find()]);
    expect(second).toBe(first as Poem);
    expect(await find()).toBe(first as Poem);
  });

  test("of files with the same title serves the first by name, and says so once", async () => {
    await using stage = await setUp({
      "ecstasy.txt": "small",
      "ECSTASY.txt": "capital",
      "Ecstasy.txt": "mixed",
    });
    expect(await stage.find("ecstasy")).toBe("capital");
    expect(await stage.find("Ecstasy")).toBe("capital");
    expect(await titlesOf(stage.library)).toEqual(["ECSTASY"]);
    expect(stage.skipped).toEqual(
      ["Ecstasy", "ecstasy"].map((title) => `${title}.txt: same title as ECSTASY.txt`),
    );
    await rm(join(stage.dir.path, "ECSTASY.txt"));
    await rm(join(stage.dir.path, "ecstasy.txt"));
    expect(await stage.find("ecstasy")).toBe("mixed");
    await stage.dir.write("ecstasy.txt", "back again");
    stage.clock.advance(1000);
    expect(await stage.find("ecstasy")).toBe("mixed");
    expect(stage.skipped.slice(2)).toEqual(["ecstasy.txt: same title as Ecstasy.txt"]);
  });

  test("fails for a poem that is too long", async () => {
    await using stage = await setUp({ "long.txt": "x" });
    await truncate(join(stage.dir.path, "long.txt"), 64 * MIB + 1);
    expect(await failureOf(stage.find("long"))).toMatchObject({
      name: "LibraryError",
      message: `Cannot read ${stage.dir.path}/long.txt: longer than 67108864 bytes`,
    });
  });

  test("checks 8 files at a time, because clients need descriptors, too", async () => {
    const titles = Array.from({ length: 200 }, (_, i) => `${i}`);
    await using stage = await setUp(Object.fromEntries(titles.map((title) => [`${title}.txt`, title])));
    await stage.find("none");
    const before = openFiles();
    let most = 0;
    const found = Promise.all(titles.map(stage.find));
    const isOver = found.then(() => true);
    while (!(await Promise.race([isOver, nextTurn()]))) most = Math.max(most, openFiles() - before);
    expect(await found).toEqual(titles);
    expect(most).toBeLessThanOrEqual(3 * 8);
  });

  test("opens no more files for clients that leave", async () => {
    await using stage = await setUp({ "ecstasy.txt": "Where, like" });
    await stage.find("ecstasy");
    const before = openFiles();
    for (let i = 0; i < 200; i++) {
      const lookup = stage.library.find("ecstasy");
      lookup.addErrback(() => {});
      lookup.cancel();
    }
    expect(openFiles() - before).toBeLessThanOrEqual(3 * 8);
    expect(await stage.find("ecstasy")).toBe("Where, like"); // Their places are free again.
    while (openFiles() > before) await nextTurn();
  });

  test("fails if the directory is gone, because its poems may only be unreachable", async () => {
    const stage = await setUp({ "ecstasy.txt": "Where, like" });
    await stage[Symbol.asyncDispose]();
    const failures = [failureOf(stage.library.find("ecstasy")), failureOf(stage.library.list())];
    for (const failure of failures)
      expect(await failure).toMatchObject({
        name: "LibraryError",
        message: `Cannot read ${stage.dir.path}: no such file (ENOENT)`,
      });
  });
});

describe("PoemLibrary.list()", () => {
  test("lists titles in the order of the files, spelt like these", async () => {
    await using stage = await setUp({
      "b.txt": "1",
      "C.txt": "2",
      "a poem.txt": "3",
      "x.TXT": "4",
      "y.text": "5",
    });
    expect(await titlesOf(stage.library)).toEqual(["C", "a poem", "b"]);
  });

  test("omits titles that would forge a line", async () => {
    await using stage = await setUp({ "a\nb.txt": "1", "c\u0085.txt": "2", "d.txt": "3", ".txt": "4" });
    expect(await titlesOf(stage.library)).toEqual(["d"]);
    expect(stage.skipped).toEqual(
      ["a\nb", "c\u0085"].map((title) => `${title}.txt: its name contains control characters`),
    );
  });

  test("omits titles that cannot be requested, and says so", async () => {
    await using stage = await setUp({ "d.txt": "Death" });
    const latin1 = Buffer.from(`${stage.dir.path}/caf\xe9.txt`, "latin1");
    await writeFile(latin1, "coffee");
    expect(await titlesOf(stage.library)).toEqual(["d"]);
    expect(stage.skipped).toEqual(["caf\uFFFD.txt: its name is not UTF-8"]);
    expect(await stage.find("caf\uFFFD")).toBeUndefined();
  });

  test("is shared by all clients that request it meanwhile", async () => {
    await using stage = await setUp({ "ecstasy.txt": "Where, like" });
    const [first, ...others] = await Promise.all(Array.from({ length: 16 }, () => stage.library.list()));
    expect(new Set(others)).toEqual(new Set([first as TitleList]));
    for (const each of others) expect(each.text).toBe((first as TitleList).text);
  });

  test("is made at the first request, whatever was counted before", async () => {
    await using stage = await setUp({ "ecstasy.txt": "Where, like" });
    expect(await stage.library.count()).toBe(1);
    await rm(join(stage.dir.path, "ecstasy.txt"));
    expect(await titlesOf(stage.library)).toEqual([]);
  });

  test("is kept for a second, unlike poems: new ones are found and old ones gone at once", async () => {
    await using stage = await setUp({ "ecstasy.txt": "Where, like" });
    const first = await stage.library.list();
    await stage.dir.write("science.txt", "Science!");
    await rm(join(stage.dir.path, "ecstasy.txt"));
    stage.clock.advance(999);
    expect(await stage.library.list()).toBe(first);
    expect(await stage.find("science")).toBe("Science!");
    expect(await stage.find("ecstasy")).toBeUndefined();
    stage.clock.advance(1);
    expect(await titlesOf(stage.library)).toEqual(["science"]);
  });

  test("of very many files lets others be served in between", async () => {
    await using stage = await setUp();
    const files = Array.from({ length: 257 }, (_, i) => `${i}.txt`);
    for (const file of files) writeFileSync(join(stage.dir.path, file), "x");
    const names = new PoemNames({ directory: stage.dir.path, clock: stage.clock, skipped: () => {} }).read();
    let turns = 0;
    const isOver = names.then(() => true);
    while (!(await Promise.race([isOver, nextTurn().then(() => false)]))) {
      turns += stage.clock.turnsDue;
      stage.clock.turn();
    }
    expect({ turns, names: (await names).size }).toEqual({ turns: 2, names: 257 }); // One for stat, one for names.
  });
});
