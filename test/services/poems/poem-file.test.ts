import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { appendFile, mkdir, rename, rm, symlink, truncate } from "node:fs/promises";
import { join } from "node:path";
import { Home, PoemFile } from "../../../src/services/poems/poem-file.ts";
import { TempDir } from "../../support/temp-dir.ts";

/** The poem of that name. */
async function find(directory: string, name = "poem"): Promise<PoemFile> {
  await using home = await Home.open(directory);
  const found = await home.find(name);
  if (typeof found === "string") throw new Error(`${name} is ${found}`);
  return found;
}

async function textOf(file: PoemFile): Promise<string> {
  return Buffer.from(await file.read()).toString();
}

describe("PoemFile.read()", () => {
  test("reads a whole file", async () => {
    await using dir = new TempDir();
    const bytes = new Uint8Array(1_000_000).map((_, i) => i >>> 8);
    await dir.write("poem", bytes);
    await using file = await find(dir.path);
    expect(file.size).toBe(bytes.length);
    expect(Buffer.from(bytes).equals(await file.read())).toBeTrue();
  });

  test.each([
    ["longer", (path: string) => appendFile(path, "more")],
    ["shorter", (path: string) => truncate(path, 3)],
  ])("fails if the file becomes %s while it is read", async (_, change) => {
    await using dir = new TempDir();
    const path = await dir.write("poem", "half of the old");
    await using file = await find(dir.path);
    await change(path);
    expect(await file.read().catch((error: Error) => error.message)).toBe("it changed while it was read");
  });

  test("still reads a file that has been replaced or removed", async () => {
    await using dir = new TempDir();
    const path = await dir.write("poem", "the old");
    await using first = await find(dir.path);
    await rename(await dir.write("new", "the new"), path);
    await using second = await find(dir.path);
    await rm(path);
    expect(await textOf(first)).toBe("the old");
    expect(await textOf(second)).toBe("the new");
    expect(second.version).not.toBe(first.version);
  });

  test("reads the file that was checked, whatever has replaced it", async () => {
    await using dir = new TempDir();
    await mkdir(join(dir.path, "home/sub"), { recursive: true });
    await dir.write("home/sub/poem", "inside");
    await mkdir(join(dir.path, "elsewhere"));
    await dir.write("elsewhere/poem", "secret");
    await symlink("sub/poem", join(dir.path, "home/poem"));
    await using file = await find(join(dir.path, "home"));
    await rename(join(dir.path, "home/sub"), join(dir.path, "moved"));
    await symlink("../elsewhere", join(dir.path, "home/sub"));
    expect(await textOf(file)).toBe("inside");
  });
});

describe("Home.find()", () => {
  test("checks what a name leads to", async () => {
    await using dir = new TempDir();
    await mkdir(join(dir.path, "home/folder"), { recursive: true });
    const inHome = (name: string) => join(dir.path, "home", name);
    await dir.write("secret", "secret");
    await mkdir(join(dir.path, "home-secret"));
    await dir.write("home-secret/poem", "secret");
    await dir.write("home/empty", "");
    await dir.write("home/poem", "inside");
    expect(spawnSync("mkfifo", [inHome("fifo")]).status).toBe(0);
    for (const [target, link] of [
      ["poem", "link"],
      [inHome("poem"), "absolute"],
      ["../home/poem", "detour"],
      ["../secret", "out"],
      ["../home-secret/poem", "neighbour"],
      ["missing", "dangling"],
      ["circle", "circle"],
      ["poem/x", "no-folder"],
      ["/dev/zero", "device"],
    ] as const)
      await symlink(target, inHome(link));
    await using home = await Home.open(join(dir.path, "home"));
    for (const name of ["poem", "link", "absolute", "detour"]) {
      await using file = (await home.find(name)) as PoemFile;
      expect(await textOf(file)).toBe("inside");
    }
    for (const name of ["out", "neighbour", "device"]) expect(await home.find(name)).toBe("outside");
    for (const name of ["missing", "empty", "folder", "fifo", "dangling", "circle", "no-folder"])
      expect(await home.find(name)).toBe("absent");
  });

  test("treats a link to a directory as the directory", async () => {
    await using dir = new TempDir();
    await mkdir(join(dir.path, "home"));
    await dir.write("home/poem", "inside");
    await symlink("home", join(dir.path, "link"));
    await using home = await Home.open(join(dir.path, "link"));
    await using file = (await home.find("poem")) as PoemFile;
    expect(await textOf(file)).toBe("inside");
  });
});
