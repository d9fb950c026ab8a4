import { expect, test } from "bun:test";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../../");

/** Rows of the catalogue, and other behaviour of connections, that must hold over TLS, on both sides. */
const AGAIN = "01 02-dropped 03 04 05 06 07 08 09 10 11 12 14 15 20 22 23 25 26 28 36 42 59 60 66 67 68 70 71"
  .split(" ")
  .map((row) => `test/faults/${row}`);
const BESIDES = ["", "-requests", "-bad-requests", "-pipe", "-stream", "-stale", "-announced"].map(
  (what) => `test/services/proxy/proxy${what}.test.ts`,
);

test("the promises without TLS also hold with TLS on both sides", async () => {
  const child = Bun.spawn([process.execPath, "test", "--timeout", "60000", ...AGAIN, ...BESIDES], {
    cwd: ROOT,
    env: { ...process.env, POETRY_STAGE: "tls" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const report = await child.stderr.text();
  expect(report.match(/^\(fail\).*$/gm) ?? []).toEqual([]);
  expect(Number(/^ (\d+) pass$/m.exec(report)?.[1])).toBeGreaterThan(140);
  expect(await child.exited).toBe(0);
}, 300_000);
