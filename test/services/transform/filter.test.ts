import { describe, expect, spyOn, test } from "bun:test";
import { readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { FetchGate } from "../../../src/services/fetch/gate.ts";
import { filter, type FilterOptions } from "../../../src/services/transform/filter.ts";
import { TransformError } from "../../../src/services/transform/transformation.ts";
import { ManualClock } from "../../../src/time/manual-clock.ts";
import { nextTurn } from "../../support/next-turn.ts";
import { outcome } from "../../support/outcome.ts";
import { unfired } from "../../../src/deferred/testing.ts";
import { run } from "../../support/program.ts";
import { TempDir } from "../../support/temp-dir.ts";
import { untilGone, untilThere } from "../../support/until.ts";

const POEM = Buffer.from("Where, like a pillow on a bed,\n");

/** A script whose interpreter is missing. */
const ORPHAN = join(import.meta.dirname, "../../support/orphan.sh");

const LONG = 64 * 2 ** 20;

function setUp(command: readonly string[], options: Partial<FilterOptions> = {}) {
  const clock = new ManualClock();
  const gate = new FetchGate(2, 10);
  const made = filter("f", { clock, command, timeout: 10_000, maxOutput: 2 ** 20, gate, ...options });
  return { clock, ...made };
}

const sh = (script: string) => ["sh", "-c", script];

/** The targets of our descriptors, each with a unique name. */
function openFiles(): Set<string> {
  const held = readdirSync("/proc/self/fd").map((fd) => {
    try {
      return `${fd} ${readlinkSync(`/proc/self/fd/${fd}`)}`;
    } catch {
      return ""; // The descriptor of the listing itself.
    }
  });
  return new Set(held);
}

/** Resolves when no descriptor is open that was not open before. */
async function untilClosed(before: Set<string>): Promise<void> {
  while (openFiles().difference(before).size > 0) await nextTurn();
}

/** The process ids that a filter has written into a file. */
async function pidsIn(path: string): Promise<number[]> {
  return (await Bun.file(path).text()).trim().split("\n").map(Number);
}

describe("filter()", () => {
  test.each([
    ["cat", ["cat"], POEM.toString()],
    ["a program with arguments", ["tr", "a-z", "A-Z"], POEM.toString().toUpperCase()],
    ["one that prints nothing", ["true"], ""],
    ["one that does not read all", ["head", "-c", "5"], "Where"],
    ["what no shell has read", ["echo", "$HOME;", "'a  b'"], "$HOME; 'a  b'\n"],
    ["one that complains, but exits with 0", sh("echo oh >&2; cat"), POEM.toString()],
  ])("answers with what %s prints", async (_what, command, output) => {
    const { apply, clock } = setUp(command);
    expect(Buffer.from(await apply(POEM)).toString()).toBe(output);
    expect(clock.pending).toBe(0);
  });

  test("handles more than a pipe holds, in both directions", async () => {
    const long = Buffer.alloc(8 * 1024 * 1024, POEM);
    const { apply } = setUp(["cat"], { maxOutput: long.length });
    expect(Buffer.compare(await apply(long), long)).toBe(0);
    const lazy = setUp(["true"]);
    expect(await lazy.apply(long)).toHaveLength(0);
  });

  test.each([
    ["fails", sh("echo half a poem; exit 3"), "exit", "exit code 3"],
    ["says why", sh("printf 'no ink\\nat all\\n' >&2; exit 1"), "exit", "exit code 1: no ink"],
    ["is killed", sh("echo half a poem; kill -9 $$"), "exit", "ended by SIGKILL"],
    ["is not there", ["/nowhere/filter"], "not_started", "no such file (ENOENT)"],
    ["lacks what is to run it", [ORPHAN], "not_started", "there is no /no/such/sh, which is to run it"],
    ["says too much", sh("cat; head -c 2000000 /dev/zero"), "too_large", "answer longer than 1048576 bytes"],
    ["never stops talking", ["yes"], "too_large", "answer longer than 1048576 bytes"],
  ] as const)("never answers for a program that %s", async (_what, command, reason, detail) => {
    const { apply, clock } = setUp(command);
    const error = await apply(POEM).addErrback(({ value }) => value);
    expect(error).toBeInstanceOf(TransformError);
    expect(error).toMatchObject({ reason, message: `Cannot transform by f: ${detail}` });
    expect(clock.pending).toBe(0);
  });

  test("kills a program that takes too long, with everything that it started", async () => {
    await using dir = new TempDir();
    const started = join(dir.path, "started");
    const { apply, clock } = setUp(
      sh(`sleep 1000 & echo $! > ${started}.new; mv ${started}.new ${started}; wait`),
    );
    const answer = apply(POEM).addErrback(({ value }) => value);
    await untilThere(started);
    clock.advance(9_999);
    unfired(answer);
    clock.advance(1);
    expect(await answer).toMatchObject({
      reason: "timeout",
      message: "Cannot transform by f: not finished within 10s",
    });
    for (const pid of await pidsIn(started)) await untilGone(pid);
  });

  test("has not ended while something that it started still holds its output", async () => {
    await using dir = new TempDir();
    const started = join(dir.path, "started");
    const { apply, clock } = setUp(sh(`sleep 1000 & echo $! > ${started}.new; mv ${started}.new ${started}`));
    const answer = apply(POEM).addErrback(({ value }) => value);
    await untilThere(started);
    clock.advance(10_000);
    expect(await answer).toMatchObject({ reason: "timeout" });
    for (const pid of await pidsIn(started)) await untilGone(pid);
  });

  test("keeps no descriptor for a process that left its group and lives on", async () => {
    await using dir = new TempDir();
    const started = join(dir.path, "started");
    const { apply, clock } = setUp(
      sh(
        `exec 3<&0; setsid sh -c 'echo $$ > ${started}.new; mv ${started}.new ${started}; exec sleep 1000' <&3 & wait`,
      ),
    );
    const before = openFiles();
    const answer = apply(Buffer.alloc(2 ** 20)).addErrback(({ value }) => value); // More than a pipe buffers.
    await untilThere(started);
    clock.advance(10_000);
    expect(await answer).toMatchObject({ reason: "timeout" });
    await untilClosed(before);
    for (const pid of await pidsIn(started)) process.kill(pid, "SIGKILL"); // Fails if it is no longer running.
  });

  test("keeps no descriptor for a poem that was read", async () => {
    const { apply } = setUp(["cat"]);
    await apply(POEM);
    const before = openFiles();
    for (let i = 0; i < 20; i++) await apply(POEM);
    await untilClosed(before);
  });

  test("holds no copy of a poem while its program does not read it", async () => {
    const { apply } = setUp(["sleep", "60"], { gate: new FetchGate(4, 0) });
    const poem = new Uint8Array(LONG).fill(65);
    const before = process.memoryUsage.rss();
    const runs = [apply(poem), apply(poem), apply(poem), apply(poem)];
    const growth = process.memoryUsage.rss() - before;
    for (const each of runs) each.cancel();
    for (const each of runs)
      expect(outcome(each.addErrback(() => "cancelled"))).toEqual({ value: "cancelled" });
    expect(growth).toBeLessThan(LONG);
  });

  test("counts as running until it has ended, even if it outlives its SIGKILL", async () => {
    const gate = new FetchGate(1, 1);
    const { apply, clock } = setUp(["sleep", "1000"], { gate });
    const spawned = spyOn(Bun, "spawn");
    const killed = spyOn(process, "kill").mockReturnValue(true); // As for one that hangs in the kernel.
    const first = apply(POEM).addErrback(({ value }) => value);
    clock.advance(10_000);
    expect(await first).toMatchObject({ reason: "timeout" });
    killed.mockRestore();
    const second = apply(POEM);
    expect(gate.waiting).toBe(1);
    const [child] = spawned.mock.results.map(({ value }) => value as Bun.Subprocess);
    spawned.mockRestore();
    child?.kill("SIGKILL");
    await child?.exited;
    while (gate.waiting > 0) await nextTurn();
    second.addErrback(() => {}).cancel();
  });

  test("kills its process when it is cancelled", async () => {
    await using dir = new TempDir();
    const started = join(dir.path, "started");
    const { apply, clock } = setUp(sh(`echo $$ > ${started}.new; mv ${started}.new ${started}; sleep 1000`));
    const answer = apply(POEM).addErrback(({ value }) => value);
    await untilThere(started);
    answer.cancel();
    expect(await answer).toMatchObject({ name: "CancelledError" });
    for (const pid of await pidsIn(started)) await untilGone(pid);
    expect(clock.pending).toBe(0);
  });

  test("runs a limited number at once, queues a limited number, and fails the next at once", async () => {
    await using dir = new TempDir();
    const go = join(dir.path, "go");
    Bun.spawnSync(["mkfifo", go]);
    const gate = new FetchGate(1, 1);
    const { apply } = setUp(sh(`cat ${go}`), { gate });
    const running = apply(POEM);
    const waiting = apply(POEM);
    expect(gate.waiting).toBe(1);
    const refused = await apply(POEM).addErrback(({ value }) => value);
    expect(refused).toMatchObject({ reason: "overflow" });
    await run(["sh", "-c", `printf first > ${go}`]); // Opening it waits for its reader.
    expect(Buffer.from(await running).toString()).toBe("first");
    expect(gate.waiting).toBe(0);
    waiting.cancel();
    await waiting.addErrback(() => {});
  });

  test("is described by its command", () => {
    expect(setUp(["tr", "a-z", "A-Z"])).toMatchObject({ name: "f", description: "tr a-z A-Z" });
  });
});
