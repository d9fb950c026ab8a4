import { expect, test } from "bun:test";
import { lstatSync, renameSync } from "node:fs";
import { join } from "node:path";
import { SocketFile } from "../../../src/net/unix/socket-file.ts";
import { TempDir } from "../../support/temp-dir.ts";

test("SocketFile finds a file that another process has moved aside for a moment to check whether it is stale", async () => {
  await using dir = new TempDir();
  const path = await dir.write("socket", "");
  const { ino } = lstatSync(path);
  const aside = join(dir.path, "aside");
  renameSync(path, aside);
  const other = Bun.spawn(["mv", aside, path]);
  expect(new SocketFile(path).identity.ino).toBe(ino);
  expect(await other.exited).toBe(0);
});
