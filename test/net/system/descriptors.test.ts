import { expect, test } from "bun:test";
import { descriptorShares, shareOut } from "../../../src/net/system/descriptors.ts";

/** Descriptors of Bun and a service before any client comes: the loop, the log, the port, a few files. */
const AT_REST = 12;

test.each([
  [64, 32, 16],
  [160, 80, 48],
  [256, 128, 96],
  [1024, 896, 96],
  [20_000, 17_500, 2_468],
  [1_048_576, 917_504, 131_040],
])("shareOut() of %d descriptors gives clients %d, upstreams %d", (limit, clients, dials) => {
  expect(shareOut(limit)).toEqual({ limit, clients, dials });
  expect(clients + dials + AT_REST).toBeLessThan(limit);
});

test.each([1, 2, 16])("shareOut() of %d descriptors gives each at least one", (limit) => {
  const { clients, dials } = shareOut(limit);
  expect(clients).toBeGreaterThan(0);
  expect(dials).toBeGreaterThan(0);
});

test("shareOut() of an unknown limit sets no limits", () => {
  expect(shareOut(Infinity)).toEqual({ limit: Infinity, clients: Infinity, dials: Infinity });
});

test.skipIf(process.platform !== "linux")("descriptorShares() knows the limit of this process", () => {
  const { stdout } = Bun.spawnSync(["sh", "-c", "ulimit -n"]);
  expect(descriptorShares().limit).toBe(Number(stdout.toString()));
});
