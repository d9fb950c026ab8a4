import { describe, expect, test } from "bun:test";
import { appendFile, rename, rm, symlink, truncate } from "node:fs/promises";
import { join } from "node:path";
import { openFile } from "../../../src/services/poems/poem-file.ts";
import { TempDir } from "../../support/temp-dir.ts";

describe("openFile()", () => {
  test("reads all of a file", async () => {
    await using dir = new TempDir();
    const bytes = new Uint8Array(1_000_000).map((_, i) => i >>> 8);
    await using file = await openFile(await dir.write("poem", bytes));
    expect(file?.size).toBe(bytes.length);
    expect(Buffer.from(bytes).equals((await file?.read()) as Uint8Array)).toBeTrue();
  });

  test.each([
    ["longer", (path: string) => appendFile(path, "more")],
    ["shorter", (path: string) => truncate(path, 3)],
  ])("fails if the file becomes %s while it is read", async (_, change) => {
    await using dir = new TempDir();
    const path = await dir.write("poem", "half of the old");
    await using file = await openFile(path);
    await change(path);
    const reading = file?.read() ?? Promise.resolve();
    expect(await reading.catch((error: Error) => error.message)).toBe("it changed while it was read");
  });

  test("still reads a file that has been replaced or removed", async () => {
    await using dir = new TempDir();
    const path = await dir.write("poem", "the old");
    await using first = await openFile(path);
    await rename(await dir.write("new", "the new"), path);
    await using second = await openFile(path);
    await rm(path);
    expect(Buffer.from((await first?.read()) as Uint8Array).toString()).toBe("the old");
    expect(Buffer.from((await second?.read()) as Uint8Array).toString()).toBe("the new");
    expect(second?.version).not.toBe(first?.version as string);
  });

  test("opens no link that was put there after the path was found, nothing that is gone or empty", async () => {
    await using dir = new TempDir();
    const link = join(dir.path, "link");
    await symlink(await dir.write("poem", "secret"), link);
    for (const path of [link, join(dir.path, "missing"), await dir.write("empty", ""), dir.path])
      expect(await openFile(path)).toBeUndefined();
  });
});
