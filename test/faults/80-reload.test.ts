import { expect, setDefaultTimeout, test } from "bun:test";
import { reloadUnderLoad } from "../support/reload-under-load.ts";
import { TempDir } from "../support/temp-dir.ts";

setDefaultTimeout(120_000);

test("six reloads under load: no client is refused, reset or sent anything but the whole poem", async () => {
  await using dir = new TempDir();
  const { whole, ...others } = await reloadUnderLoad(dir, { reloads: 6, connections: 200, atOnce: 32 });
  expect(others).toEqual({ wrong: 0, reset: 0, refused: 0 });
  expect(whole).toBeGreaterThan(6 * 2 * 200);
});
