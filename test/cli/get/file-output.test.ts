import { describe, expect, test } from "bun:test";
import { chmod, link, mkdir, readdir, readFile, stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import { FileOutput } from "../../../src/cli/get/file-output.ts";
import { TempDir } from "../../support/temp-dir.ts";

/** Writes these parts to a file. */
async function write(path: string, ...parts: string[]): Promise<void> {
  const output = new FileOutput(path);
  for (const part of parts) output.take(Buffer.from(part));
  await output.finish(true);
}

describe("FileOutput", () => {
  test("replaces the old file by a new one with the same permissions", async () => {
    await using dir = new TempDir();
    const path = await dir.write("poem", "the old");
    await link(path, join(dir.path, "same")); // Shows that the old file itself is not modified.
    await chmod(path, 0o640);
    await write(path, "the ", "new");
    expect(await readFile(path, "utf8")).toBe("the new");
    expect((await stat(path)).mode & 0o777).toBe(0o640);
    expect(await readFile(join(dir.path, "same"), "utf8")).toBe("the old");
    expect((await readdir(dir.path)).toSorted()).toEqual(["poem", "same"]);
  });

  test("writes to the target of a link, and keeps the link", async () => {
    await using dir = new TempDir();
    await mkdir(join(dir.path, "folder"));
    await dir.write("folder/poem", "the old");
    for (const [target, name] of [
      ["folder/poem", "link"],
      ["folder/none", "dangling"],
    ] as const) {
      await symlink(target, join(dir.path, name));
      await write(join(dir.path, name), "the new");
      expect(await readFile(join(dir.path, target), "utf8")).toBe("the new");
    }
    expect((await readdir(join(dir.path, "folder"))).toSorted()).toEqual(["none", "poem"]);
  });

  test("writes to devices, and does not replace them", async () => {
    await write("/dev/null", "nothing");
    expect((await stat("/dev/null")).isCharacterDevice()).toBeTrue();
  });

  test("writes nothing if a poem is missing", async () => {
    await using dir = new TempDir();
    const output = new FileOutput(join(dir.path, "poem"));
    output.take(Buffer.from("half"));
    await output.finish(false);
    expect(await readdir(dir.path)).toEqual([]);
  });

  test("leaves nothing behind when it fails", async () => {
    await using dir = new TempDir();
    const output = new FileOutput(join(dir.path, "missing", "poem"));
    const error = await output.finish(true).addErrback(({ value }) => value);
    expect(error).toMatchObject({ name: "OutputError", code: "ENOENT" });
    expect(await readdir(dir.path)).toEqual([]);
  });
});
