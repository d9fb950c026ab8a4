import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { poetry, POETRY, RunningProgram } from "../support/program.ts";
import { TempDir } from "../support/temp-dir.ts";
import { visit } from "../support/visitor.ts";

setDefaultTimeout(30_000);

const POEM = "Where, like a pillow on a bed,\n";

/** A service that logs to a file, and a reader that follows that file, also when it is replaced. */
async function start(dir: TempDir, ...args: string[]) {
  const file = join(dir.path, "poetry.log");
  await writeFile(file, "a line of before\n");
  const poem = await dir.write("poem", POEM);
  const service = new RunningProgram([POETRY, "serve", poem, "--log-file", file, ...args]);
  const tail = follow(file);
  const port = Number(/ on [^ ]*:(\d+)\./.exec(await tail.until((line) => / on /.test(line)))?.[1]);
  return {
    file,
    service,
    tail,
    port,
    async [Symbol.asyncDispose]() {
      await service[Symbol.asyncDispose]();
      await tail[Symbol.asyncDispose]();
    },
  };
}

/** The lines of a file, and of one that replaces it. */
function follow(file: string): RunningProgram {
  return new RunningProgram(["sh", "-c", `exec tail -n +1 -F '${file}' >&2`]);
}

describe("--log-file", () => {
  test("appends to a file, and prints nothing on standard error", async () => {
    await using dir = new TempDir();
    await using stage = await start(dir);
    await visit(stage.port);
    await stage.tail.until((line) => line.startsWith("Sending 31 bytes"));
    stage.service.signal("SIGTERM");
    expect(await stage.service.exited).toBe(0);
    await stage.service.silent;
    expect(stage.service.lines).toEqual([]);
    const text = readFileSync(stage.file, "utf8");
    expect(text).toStartWith("a line of before\n");
    expect(text).toMatch(/^\d\d:\d\d:\d\d\.\d{3} Serving /m);
    expect(text).toEndWith("Stopped on SIGTERM.\n");
  });

  test("is reopened at SIGUSR1, after the old file was moved away", async () => {
    await using dir = new TempDir();
    await using stage = await start(dir);
    const old = `${stage.file}.1`;
    await rename(stage.file, old);
    await visit(stage.port); // Its line still goes to the old file.
    stage.service.signal("SIGUSR1");
    await stage.tail.until((line) => line === `Reopened ${stage.file}.`);
    const before = readFileSync(old, "utf8");
    expect(before).toContain("Sending 31 bytes");
    await visit(stage.port);
    stage.service.signal("SIGTERM");
    await stage.service.exited;
    expect(readFileSync(old, "utf8")).toBe(before);
    expect(readFileSync(stage.file, "utf8")).toContain("Sending 31 bytes");
  });

  test("that cannot be reopened is still written to, and says so", async () => {
    await using dir = new TempDir();
    await using stage = await start(dir);
    await rename(stage.file, `${stage.file}.1`);
    await mkdir(stage.file);
    await using old = follow(`${stage.file}.1`);
    stage.service.signal("SIGUSR1");
    expect(await old.until((line) => line.startsWith("error"))).toBe(
      `error: Cannot reopen ${stage.file}: it is a directory (EISDIR)`,
    );
    await visit(stage.port);
    await old.until((line) => line.startsWith("Sending"));
  });

  test("that cannot be opened makes the start fail", async () => {
    const { code, stderr } = await poetry("serve", "/etc/hostname", "--log-file", "/nowhere/poetry.log");
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: "error: Cannot open /nowhere/poetry.log: no such file (ENOENT)\n",
    });
  });
});

describe("--access-log", () => {
  test("all has a line for each client, even with --quiet", async () => {
    await using dir = new TempDir();
    await using stage = await start(dir, "--access-log", "all", "--quiet", "--log", "json");
    await visit(stage.port);
    const line = await stage.tail.until((each) => each.includes('"msg":"client"'));
    expect(JSON.parse(line)).toEqual({
      ts: expect.any(String),
      level: "info",
      msg: "client",
      service: "main",
      conn: 1,
      client_ip: "127.0.0.1",
      client_port: expect.any(Number),
      total_s: expect.any(Number),
      bytes_in: 0,
      bytes_out: 31,
      ending: "ok",
    });
    expect(stage.tail.lines.join()).not.toContain("Sending");
  });

  test("is off by default", async () => {
    await using dir = new TempDir();
    await using stage = await start(dir, "--verbose", "--log", "json");
    await visit(stage.port);
    await stage.tail.until((line) => line.includes('"visited"'));
    expect(stage.tail.lines.join()).not.toContain('"msg":"client"');
    expect(existsSync(stage.file)).toBe(true);
  });
});
