import { join } from "node:path";
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { canBeDeaf, DeafPort } from "../support/deaf-port.ts";
import { RunningProgram } from "../support/program.ts";

setDefaultTimeout(30_000);

/** Turns the JIT off, and bun:ffi with it, as systemd's MemoryDenyWriteExecute=yes does. */
const WITHOUT_JIT = { ...process.env, BUN_JSC_useJIT: "0" };

/** What `knock.ts` prints with 64 descriptors, of which upstreams get 16. */
function knock(port: number, ...variables: string[]): RunningProgram {
  const program = [process.execPath, join(import.meta.dirname, "knock.ts"), `${port}`];
  return new RunningProgram(["prlimit", "--nofile=64:64", "env", ...variables, ...program]);
}

test("connect() without libc passes the tests of connect()", () => {
  const { stderr, exitCode } = Bun.spawnSync(
    [process.execPath, "test", join(import.meta.dirname, "connect.test.ts")],
    { env: WITHOUT_JIT },
  );
  expect(stderr.toString()).toContain(" 0 fail");
  expect(exitCode).toBe(0);
});

describe.skipIf(!canBeDeaf || Bun.which("prlimit") === null)("connect() with 64 descriptors", () => {
  test.each([
    ["makes 16 attempts at a time, and others once they were given up", [], "no answer within 50 ms"],
    [
      "counts attempts that were given up and cannot be stopped, without libc",
      ["BUN_JSC_useJIT=0"],
      "16 earlier attempts are still unanswered",
    ],
  ])("%s", async (_what, variables, then) => {
    using deaf = new DeafPort();
    await using program = knock(deaf.port, ...variables);
    await program.until((line) => line.startsWith("All of them given up"));
    deaf.hear();
    expect(await program.exited).toBe(0);
    await program.silent;
    expect(program.lines).toEqual([
      "One more than 16: exhausted: no file descriptor was free within 50 ms",
      `All of them given up: timeout: ${then}`,
      "In the end: connected",
    ]);
  });
});
