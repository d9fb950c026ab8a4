import { expect, test } from "bun:test";
import { rm } from "node:fs/promises";
import { poetry, RunningService } from "../support/program.ts";
import { TempDir } from "../support/temp-dir.ts";

test("poetry serve DIRECTORY behind a proxy with --preset poems: a poem is read once, whatever the case of the requested title", async () => {
  await using dir = new TempDir();
  await dir.write("Ecstasy.txt", "Where, like a pillow on a bed\n");
  await using server = await RunningService.start("serve", dir.path, "--verbose");
  await using proxy = await RunningService.start("proxy", `${server.port}`, "--preset", "poems");
  for (const title of ["ecstasy", "ECSTASY", "Ecstasy"]) {
    const { stdout } = await poetry("get", `${proxy.port}`, "--request", title);
    expect(stdout.toString()).toBe("Where, like a pillow on a bed\n");
  }
  const { stdout } = await poetry("get", `${proxy.port}`, "--request", "");
  expect(stdout.toString()).toBe("Ecstasy\n");
  await rm(`${dir.path}/Ecstasy.txt`);
  const { stdout: again } = await poetry("get", `${proxy.port}`, "--request", "eCSTASY");
  expect(again.toString()).toBe("Where, like a pillow on a bed\n");
});
