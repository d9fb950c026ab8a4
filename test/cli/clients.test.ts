import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { POETRY, run, RunningService } from "../support/program.ts";
import { ScriptedPeer } from "../support/scripted-peer.ts";
import { TempDir } from "../support/temp-dir.ts";
import { Visitor } from "../support/visitor.ts";

setDefaultTimeout(30_000);

/** Our kernel buffers all of it, the client's kernel does not. */
const LONG = Buffer.alloc(2 * 2 ** 20, "Where, like a pillow on a bed,\n");

const WITHOUT_LIBC = ["env", "BUN_JSC_useJIT=0"];

/** A client that has its whole poem, and keeps its side open. */
async function servedAndStaying(port: number): Promise<Visitor> {
  const visitor = new Visitor(port);
  visitor.keepOpen();
  const { bytes, end } = await visitor.visit;
  expect([bytes.equals(LONG), end]).toEqual([true, "fin"]);
  return visitor;
}

describe("poetry, told to stop,", () => {
  test.each([
    ["longer than the drain timeout", ["--linger", "1m"], []],
    ["without limit", ["--linger", "0"], []],
    ["without limit, where nobody can ask the kernel", ["--linger", "0"], WITHOUT_LIBC],
  ])("exits with 0 when all have been served, with a linger time %s", async (_, flags, wrapper) => {
    await using dir = new TempDir();
    const args = ["serve", await dir.write("poem", LONG), ...flags, "--drain-timeout", "300ms"];
    await using service = await RunningService.startBy(wrapper, ...args);
    const visitor = await servedAndStaying(service.port);
    service.signal("SIGTERM");
    expect(await service.exited).toBe(0);
    await service.silent;
    expect(service.lines.at(-1)).toBe("Stopped on SIGTERM: every client was served.");
    await visitor.vanish();
  });

  test("exits with 1, and resets clients that have not read their whole answer, even if the kernel had all of it", async () => {
    await using dir = new TempDir();
    const args = ["serve", await dir.write("poem", LONG), "--linger", "1m", "--drain-timeout", "300ms"];
    await using service = await RunningService.start(...args);
    const stuck = new Visitor(service.port, (socket) => socket.pause());
    await service.until((line) => line.startsWith("Sending "));
    const visitor = await servedAndStaying(service.port);
    service.signal("SIGTERM");
    expect(await service.exited).toBe(1);
    await service.silent;
    expect(service.lines.at(-1)).toContain("1 client could not be served in time and will be reset.");
    stuck.resume();
    expect((await stuck.visit).end).toBe("reset");
    await visitor.vanish();
  });
});

describe("poetry, where the kernel cannot tell what clients have read,", () => {
  test("says so once, serves, and never resets away the answer of a client that keeps sending", async () => {
    await using dir = new TempDir();
    const args = ["serve", await dir.write("poem", LONG), "--linger", "100ms", "--send-total", "5s"];
    await using service = await RunningService.startBy(WITHOUT_LIBC, ...args, "--send-timeout", "2s");
    const notices = service.lines.filter((line) => line.startsWith("bun:ffi does not work"));
    expect(notices).toHaveLength(1);
    const silent = new Visitor(service.port);
    expect((await silent.visit).bytes.equals(LONG)).toBe(true);
    const talker = new Visitor(service.port, (socket) => {
      socket.pause();
      socket.write("\n");
    });
    await service.until((line) => line.startsWith("Sending "));
    await talker.send("\n");
    const idle = await servedAndStaying(service.port);
    await service.until((line) => line.startsWith("Served ")); // The linger time of a later client is over.
    await talker.send("\n");
    talker.resume();
    const { bytes, end } = await talker.visit;
    expect([bytes.equals(LONG), end]).toEqual([true, "fin"]);
    await idle.vanish();
    service.signal("SIGTERM");
    expect(await service.exited).toBe(0);
  });
});

test.each(["--source", "--send-buffer"])(
  "poetry proxy %s is refused where bun:ffi does not work: it would have no effect",
  async (flag) => {
    const value = flag === "--source" ? "127.0.0.1" : "64KiB";
    const { code, stderr } = await run([...WITHOUT_LIBC, POETRY, "proxy", "10001", flag, value]);
    expect(code).toBe(2);
    expect(stderr).toContain(
      `${flag} has no effect: it needs bun:ffi, which does not work here (on this system, or without a JIT)`,
    );
  },
);

test("poetry proxy --max-entries 100000000 allocates no memory for entries in advance", async () => {
  await using upstream = new ScriptedPeer();
  const memoryOf = async (...flags: string[]) => {
    await using proxy = await RunningService.start(
      "proxy",
      `${upstream.port}`,
      "--request",
      "line",
      ...flags,
    );
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${proxy.pid}/status`, "utf8"))?.[1]);
  };
  expect(await memoryOf("--max-entries", "100000000")).toBeLessThan(2 * (await memoryOf()));
});
