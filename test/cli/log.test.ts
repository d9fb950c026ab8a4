import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { canBeNobody, poetryAsNobody } from "../support/nobody.ts";
import { POETRY, run, RunningService, timeless } from "../support/program.ts";
import { TempDir } from "../support/temp-dir.ts";
import { UnheardService } from "../support/unheard.ts";
import { KINDS, Unread } from "../support/unread.ts";
import { visit } from "../support/visitor.ts";

setDefaultTimeout(30_000);

const POEM = "Where, like a pillow on a bed,\nA pregnant bank swell'd up, to rest\n";

/** As many lines fill the buffer of any terminal, pipe or socket. */
const MANY = 3000;

describe("poetry serve, with a log that nobody reads,", () => {
  test.each(KINDS)("keeps serving and stops when told to: a %s", async (kind) => {
    await using dir = new TempDir();
    using unread = new Unread(kind);
    const args = ["serve", await dir.write("poem", POEM), "--log", "json"];
    await using service = await UnheardService.start(unread.writeEnd, args);
    await service.serve(POEM, MANY);
    expect(await service.stop()).toBe(0);
  });

  test("drops lines beyond 1 MiB, counts them, and says so when it is read again", async () => {
    await using dir = new TempDir();
    using unread = new Unread("pipe");
    const args = ["serve", await dir.write("poem", POEM), "--log", "json"];
    await using service = await UnheardService.start(unread.writeEnd, args);
    const visits = 3 * MANY;
    await service.serve(POEM, visits);
    const text = await unread.until((each) => /"dropped".*\n$/.test(each));
    const entries = text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Entry);
    const dropped = entries.reduce((sum, { event, lines = 0 }) => sum + (event === "dropped" ? lines : 0), 0);
    const sent = entries.filter(({ event }) => event === "sending").length;
    expect(dropped).toBeGreaterThan(1000);
    expect(sent + dropped).toBe(visits + 1); // One more visit was to see whether it serves.
    expect(text.length).toBeLessThan(1.2 * 1024 * 1024);
    expect(await service.stop()).toBe(0);
  });

  test.if(canBeNobody)("keeps serving and stops: a terminal that it may not open", async () => {
    await using dir = new TempDir();
    using unread = new Unread("terminal");
    const args = ["serve", await dir.write("poem", POEM), "--log", "json"];
    const poetry = await poetryAsNobody(dir);
    await using service = await UnheardService.startBy(poetry, unread.writeEnd, args);
    await service.serve(POEM, MANY);
    expect(await service.stop()).toBe(0);
  });

  test.each(KINDS)("keeps serving when the reader leaves: a %s", async (kind) => {
    await using dir = new TempDir();
    using unread = new Unread(kind);
    await using service = await UnheardService.start(unread.writeEnd, [
      "serve",
      await dir.write("poem", POEM),
    ]);
    unread.hangUp();
    await service.serve(POEM, 50);
    expect(await service.stop()).toBe(0);
  });

  test("keeps serving when the disk is full", async () => {
    await using dir = new TempDir();
    const full = openSync("/dev/full", "w");
    await using service = await UnheardService.start(full, ["serve", await dir.write("poem", POEM)]);
    closeSync(full);
    await service.serve(POEM, 50);
    expect(await service.stop()).toBe(0);
  });

  test("keeps serving without standard error", async () => {
    await using dir = new TempDir();
    const closed = ["bash", "-c", 'exec "$@" 2>&-', "bash", POETRY];
    const args = ["serve", await dir.write("poem", POEM)];
    await using service = await UnheardService.startBy(closed, "pipe", args);
    await service.serve(POEM, 50);
    expect(await service.stop()).toBe(0);
  });

  test("logs nothing but its start and stop with --quiet", async () => {
    await using dir = new TempDir();
    const args = ["serve", "--quiet", await dir.write("poem", POEM)];
    await using service = await UnheardService.start("pipe", args);
    await service.serve(POEM, 3);
    expect(await service.stop()).toBe(0);
    const log = await new Response(service.child.stderr as ReadableStream).text();
    expect(timeless(log)).toMatch(/^Serving [^\n]*\n(Shutting down [^\n]*\n)?Stopped [^\n]*\n$/);
  });
});

describe("poetry's log", () => {
  test.each(KINDS)("has the time on every line: a %s", async (kind) => {
    await using dir = new TempDir();
    using unread = new Unread(kind);
    const env = { JOURNAL_STREAM: "8:9999" }; // Another process's stream.
    const args = ["serve", await dir.write("poem", POEM)];
    await using service = await UnheardService.start(unread.writeEnd, args, env);
    await service.serve(POEM, 3);
    await service.stop();
    const lines = unread.read().trimEnd().split("\n");
    expect(lines.length).toBeGreaterThan(4);
    for (const line of lines) expect(line).toMatch(/^\d\d:\d\d:\d\d\.\d{3} [A-Z]/);
  });

  test("gives the journal priorities instead of times", async () => {
    await using dir = new TempDir();
    using unread = new Unread("socket");
    const env = { JOURNAL_STREAM: unread.journalStream };
    const args = ["serve", await dir.write("poem", POEM)];
    await using service = await UnheardService.start(unread.writeEnd, args, env);
    await service.serve(POEM, 3);
    await service.stop();
    const lines = unread.read().trimEnd().split("\n");
    expect(lines.length).toBeGreaterThan(4);
    for (const line of lines) expect(line).toMatch(/^<[56]>[A-Z]/);
  });

  test("writes folded lines before it ends", async () => {
    await using dir = new TempDir();
    await using server = await RunningService.start("serve", await dir.write("poem", POEM));
    await using proxy = await RunningService.start("proxy", `${server.port}`);
    for (let i = 0; i < 5; i++) await visit(proxy.port);
    proxy.signal("SIGTERM");
    await proxy.silent;
    const hits = proxy.lines.filter((line) => line.startsWith("Using cached poem"));
    const counts = hits.map((line) => Number(/, (\d+) times\.$/.exec(line)?.[1] ?? 1));
    expect(counts.reduce((sum, count) => sum + count)).toBe(4);
    expect(hits[0]).toBe("Using cached poem.");
  });

  test("has the unhandled errors of Deferreds", async () => {
    const { code, stderr } = await run([
      process.execPath,
      join(import.meta.dirname, "../support/lost-error.ts"),
    ]);
    expect(code).toBe(0);
    expect(stderr).toStartWith("error: Unhandled error in Deferred: Error: lost\\x0a");
    expect(stderr.split("\n")).toHaveLength(2);
  });
});

interface Entry {
  readonly event: string;
  readonly lines?: number;
}
