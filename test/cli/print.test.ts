import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { POETRY, run } from "../support/program.ts";
import { Unread } from "../support/unread.ts";

setDefaultTimeout(30_000);

/** Every command line that prints something and exits. */
const PRINTING = [
  ["--version"],
  ["--help"],
  ["help"],
  ["get", "--help"],
  ["proxy", "-h"],
  ["transform-serve", "--list"],
];

/** Runs `script` with `poetry …args` as "$@". */
function shell(script: string, args: readonly string[]) {
  return run(["bash", "-c", script, "bash", POETRY, ...args]);
}

describe("poetry, asked to print a text,", () => {
  test.concurrent.each(PRINTING.map((args) => [args]))(
    "fails on a full disk, and says so: %j",
    async (args) => {
      const { code, stderr } = await shell('"$@" >/dev/full', args);
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: "poetry: Cannot write to standard output: no space left (ENOSPC).\n",
      });
    },
  );

  test.concurrent.each(PRINTING.map((args) => [args]))(
    "fails if standard output is closed, and says so, but not if it is /dev/null: %j",
    async (args) => {
      const { code, stderr } = await shell('"$@" >&-', args);
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: "poetry: Cannot write to standard output: bad file descriptor (EBADF).\n",
      });
      for (const nowhere of [">/dev/null", "1<>/dev/null"])
        expect(await shell(`"$@" ${nowhere}`, args)).toMatchObject({ code: 0, stderr: "" });
    },
  );

  test.concurrent.each(PRINTING.map((args) => [args]))(
    "ends quietly with 141 if nobody reads: %j",
    async (args) => {
      const { code, stderr } = await shell('exec 3> >(true); wait $!; exec "$@" >&3', args);
      expect({ code, stderr }).toEqual({ code: 141, stderr: "" });
    },
  );

  test("waits for a late reader, even if the system would not", async () => {
    using unread = new Unread("pipe");
    unread.jam();
    unread.stopWaiting();
    const child = Bun.spawn([POETRY, "--help"], { stdio: ["ignore", unread.writeEnd, "pipe"] });
    await unread.until((text) => text.includes("USAGE poetry"));
    expect(await child.exited).toBe(0);
  });

  test("fails if neither the text nor the error can be written", async () => {
    expect((await shell('"$@" >/dev/full 2>&1', ["--version"])).code).toBe(1);
  });
});

test("poetry called wrongly exits with 2 even if it cannot say why", async () => {
  for (const script of ['"$@" 2>/dev/full', '"$@" 2>&-', 'exec 3> >(true); wait $!; exec "$@" 2>&3'])
    expect((await shell(script, ["bogus"])).code).toBe(2);
});
