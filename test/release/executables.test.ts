import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { ROOT } from "../../scripts/compile.ts";
import { compileFor } from "../../scripts/release/executables.ts";
import { runnerOf } from "../../scripts/release/runners.ts";
import { targetNamed, TARGETS } from "../../scripts/release/targets.ts";
import { testWith } from "../peers/peer.ts";
import { run, RunningProgram } from "../support/program.ts";
import { COMMIT, HOST, released } from "../support/release/released.ts";

setDefaultTimeout(120_000);

/** The magic bytes of both formats of executables, and where they name the processor. */
const ELF = { magic: "7f454c46", at: 18, processors: { x64: "3e00", arm64: "b700" } };
const MACH_O = { magic: "cffaedfe", at: 4, processors: { x64: "07000001", arm64: "0c000001" } };

const POEM = join(ROOT, "poetry/science.txt");

describe("compileFor()", () => {
  test.each(TARGETS.map(({ name }) => name))("makes an executable in the format of %s", async (name) => {
    const { npm } = targetNamed(name);
    const { magic, at, processors } = npm.os === "darwin" ? MACH_O : ELF;
    const head = await Bun.file(released(targetNamed(name)).executable)
      .slice(0, 32)
      .bytes();
    expect(head.subarray(0, 4).toHex()).toBe(magic);
    const processor = processors[npm.cpu as "x64" | "arm64"];
    expect(head.subarray(at, at + processor.length / 2).toHex()).toBe(processor);
  });

  for (const name of ["linux-x64", "linux-arm64", "linux-x64-musl"]) {
    const runner = runnerOf(targetNamed(name));
    const needed = {
      "linux-arm64": "qemu-user-static with libc6-arm64-cross",
      "linux-x64-musl": "musl with a cc",
    };
    const peer = { name: (needed as Record<string, string>)[name] ?? name, isHere: runner !== undefined };
    testWith(peer, `makes a program for ${name} that serves a poem and gets it`, async () => {
      const program = [...(runner ?? []), released(targetNamed(name)).executable];
      expect((await run([...program, "--version"])).stdout.toString()).toBe(`${COMMIT.version}\n`);
      await using server = new RunningProgram([...program, "serve", POEM, "--port", "0"]);
      const line = await server.until((each) => each.includes(" on 127.0.0.1:"));
      const { code, stdout } = await run([...program, "get", /:(\d+)\.$/.exec(line)?.[1] as string]);
      expect({ code, text: stdout.toString() }).toEqual({ code: 0, text: await Bun.file(POEM).text() });
    });
  }

  test("makes the same bytes from the same sources", async () => {
    const { executable } = released();
    const again = join(executable, "../a second time/poetry"); // It contains its own name, not its path.
    compileFor(HOST, again);
    expect((await run(["cmp", executable, again])).code).toBe(0);
  });
});
