import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { chmod, mkdir, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { canBeNobody, poetryAsNobody } from "../../support/nobody.ts";
import { poetry, POETRY, run, RunningProgram, RunningService, type Run } from "../../support/program.ts";
import { TempDir } from "../../support/temp-dir.ts";
import { visit } from "../../support/visitor.ts";

setDefaultTimeout(30_000);

const POEM = "O gentle soul\n";
const PRIVILEGED_PORT = 1;

function firstUnprivilegedPort(): number {
  const file = "/proc/sys/net/ipv4/ip_unprivileged_port_start";
  return existsSync(file) ? Number(readFileSync(file, "utf8")) : 1024;
}

/** A failure after the command line was accepted: one line, exit 1, nothing on standard output. */
function expectFailure({ code, stdout, stderr }: Run, line: string): void {
  expect({ code, stdout: stdout.length, stderr }).toEqual({ code: 1, stdout: 0, stderr: `error: ${line}\n` });
}

test.each(["--request-timeout=5s", "--log-requests=hash"])(
  "poetry serve FILE refuses %s, because no client sends a request",
  async (flag) => {
    await using dir = new TempDir();
    const file = await dir.write("poem.txt", "x");
    const { code, stderr } = await poetry("serve", file, flag);
    const why = `${flag.split("=")[0]} has no effect: ${file} is a single file, which clients get without a request`;
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `poetry serve: ${why}.\nTry "poetry serve --help".\n`,
    });
  },
);

describe("poetry serve", () => {
  test("names a file that does not exist", async () => {
    await using dir = new TempDir();
    const file = join(dir.path, "missing.txt");
    expectFailure(await poetry("serve", file), `Cannot serve ${file}: no such file (ENOENT)`);
  });

  test("names a directory without poems", async () => {
    await using dir = new TempDir();
    await dir.write("empty.txt", "");
    await dir.write("README.md", "Poems");
    expectFailure(
      await poetry("serve", dir.path),
      `Cannot serve ${dir.path}: it contains no TITLE.txt files`,
    );
  });

  test("names an empty file", async () => {
    await using dir = new TempDir();
    const file = await dir.write("empty.txt", "");
    expectFailure(
      await poetry("serve", file),
      `Cannot serve ${file}: it is empty, which clients cannot tell from a failure`,
    );
  });

  test("names a file that is longer than --max-poem, and stops reading it", async () => {
    await using dir = new TempDir();
    const file = await dir.write("poem.txt", POEM);
    for (const [path, limit, bytes] of [
      [file, "13", 13],
      ["/dev/zero", "64MiB", 64 * 1024 * 1024],
    ] as const)
      expectFailure(
        await poetry("serve", path, "--max-poem", limit),
        `Cannot serve ${path}: longer than ${bytes} bytes, the limit of --max-poem`,
      );
  });

  test("does not wait for a writer of a FIFO", async () => {
    await using dir = new TempDir();
    const fifo = join(dir.path, "fifo");
    await run(["mkfifo", fifo]);
    expectFailure(
      await poetry("serve", fifo),
      `Cannot serve ${fifo}: it is empty, which clients cannot tell from a failure`,
    );
  });

  test("serves a poem from a pipe, once that has ended", async () => {
    await using dir = new TempDir();
    const go = join(dir.path, "go");
    await run(["mkfifo", go]);
    const script = `exec "$0" serve <(cat ${go}) --port 0`;
    await using server = new RunningProgram(["bash", "-c", script, POETRY]);
    await server.until((line) => /^Waiting for the end of \/dev\/fd\/\d+\.$/.test(line));
    await run(["sh", "-c", `echo piped > ${go}`]);
    const port = Number((await server.until((line) => line.startsWith("Serving "))).match(/:(\d+)\.$/)?.[1]);
    expect((await visit(port)).bytes.toString()).toBe("piped\n");
  });

  test.skipIf(!canBeNobody)("names a file without read permission", async () => {
    await using dir = new TempDir();
    const file = await dir.write("secret.txt", POEM);
    await chmod(file, 0o000);
    const poetryCommand = await poetryAsNobody(dir);
    expectFailure(
      await run([...poetryCommand, "serve", file]),
      `Cannot serve ${file}: permission denied (EACCES)`,
    );
  });

  test.skipIf(!canBeNobody || firstUnprivilegedPort() <= PRIVILEGED_PORT)(
    "names a port that it has no permission to open",
    async () => {
      await using dir = new TempDir();
      const file = await dir.write("poem.txt", POEM);
      const poetryCommand = await poetryAsNobody(dir);
      expectFailure(
        await run([...poetryCommand, "serve", file, "--port", `${PRIVILEGED_PORT}`]),
        `Cannot listen on 127.0.0.1:${PRIVILEGED_PORT}: permission denied (EACCES)`,
      );
    },
  );

  test("names an address that is not on this machine", async () => {
    await using dir = new TempDir();
    const file = await dir.write("poem.txt", POEM);
    expectFailure(
      await poetry("serve", file, "--host", "192.0.2.1"),
      "Cannot listen on 192.0.2.1:0: no such address on this machine (EADDRNOTAVAIL)",
    );
  });

  test("names a host that does not exist", async () => {
    await using dir = new TempDir();
    const file = await dir.write("poem.txt", POEM);
    expectFailure(
      await poetry("serve", file, "--host", "poetry.invalid"),
      "Cannot listen on poetry.invalid:0: no such host",
    );
  });

  test("serves arbitrary bytes", async () => {
    await using dir = new TempDir();
    const bytes = new Uint8Array(256 * 300).map((_, i) => i);
    await using server = await RunningService.start("serve", await dir.write("bytes", bytes));
    const answer = await visit(server.port);
    expect({ end: answer.end, same: answer.bytes.equals(bytes) }).toEqual({ end: "fin", same: true });
  });

  test("accepts --iface as --host, and listens only there", async () => {
    await using dir = new TempDir();
    const file = await dir.write("poem.txt", POEM);
    await using server = await RunningService.start("serve", file, "--iface", "127.0.0.2");
    expect(server.lines[0]).toBe(`Serving ${file} on 127.0.0.2:${server.port}.`);
    const { code, stdout } = await poetry("get", `127.0.0.2:${server.port}`);
    expect({ code, text: stdout.toString() }).toEqual({ code: 0, text: POEM });
    expect((await visit(server.port)).end).toBe("refused");
  });

  test("reads the poem once: later changes of the file have no effect", async () => {
    await using dir = new TempDir();
    const file = await dir.write("poem.txt", POEM);
    await using server = await RunningService.start("serve", file);
    await dir.write("poem.txt", "something else");
    expect((await visit(server.port)).bytes.toString()).toBe(POEM);
  });

  test("with --delay sends --num-bytes at a time, to several clients concurrently", async () => {
    await using dir = new TempDir();
    const file = await dir.write("poem.txt", POEM);
    await using server = await RunningService.start("serve", file, "--delay", "1ms", "--num-bytes", "1");
    const visits = await Promise.all(Array.from({ length: 10 }, () => visit(server.port)));
    for (const { bytes, end } of visits)
      expect({ text: bytes.toString(), end }).toEqual({ text: POEM, end: "fin" });
  });
});

/** A directory of two poems. */
async function poems(): Promise<TempDir> {
  const dir = new TempDir();
  await dir.write("Ecstasy.txt", POEM);
  await dir.write("science.txt", "Science!\n");
  return dir;
}

/** The answer to these bytes; the client keeps its side open. */
async function ask(port: number, request: string | Uint8Array): Promise<string> {
  const { bytes, end } = await visit(port, (socket) => void socket.write(request));
  return end === "fin" ? bytes.toString() : end;
}

describe("poetry serve DIR", () => {
  test("serves poems by title, the list of titles, and a line for anything else", async () => {
    await using dir = await poems();
    await using server = await RunningService.start("serve", dir.path);
    expect(server.lines[0]).toBe(`Serving poems by title from ${dir.path} on 127.0.0.1:${server.port}.`);
    for (const [title, answer] of [
      ["ecstasy", POEM],
      ["SCIENCE", "Science!\n"],
      ["", "Ecstasy\nscience\n"],
      ["daffodils", 'No poem called "daffodils".\n'],
    ] as const) {
      const { code, stdout, stderr } = await poetry("get", `${server.port}`, "--request", title);
      expect({ code, stdout: stdout.toString(), stderr }).toEqual({ code: 0, stdout: answer, stderr: "" });
    }
    await server.until((line) => line.includes('Unknown title "daffodils", requested by '));
  });

  test.each([
    "../outside",
    "/etc/passwd",
    "..%2foutside",
    "out",
    "sub/inner",
    ".hidden",
    "science\0",
    "fifo",
  ])("lets %p lead nowhere", async (title) => {
    await using outer = new TempDir();
    await outer.write("outside.txt", "secret");
    const dir = join(outer.path, "poems");
    await mkdir(join(dir, "sub"), { recursive: true });
    for (const name of ["poems/science.txt", "poems/.hidden.txt", "poems/sub/inner.txt"])
      await outer.write(name, name === "poems/science.txt" ? "Science!\n" : "secret");
    await symlink("../outside.txt", join(dir, "out.txt"));
    await run(["mkfifo", join(dir, "fifo.txt")]);
    await using server = await RunningService.start("serve", dir);
    expect(await ask(server.port, `${title}\n`)).toStartWith('No poem called "');
    expect(await ask(server.port, "\n")).toBe("science\n");
  });

  test("resets a client whose line is too long, incomplete or late", async () => {
    await using dir = await poems();
    await using server = await RunningService.start("serve", dir.path, "--request-timeout", "50ms");
    expect(await ask(server.port, "x".repeat(5000))).toBe("reset");
    expect((await visit(server.port, (socket) => socket.shutdown())).end).toBe("reset");
    expect(await ask(server.port, "scie")).toBe("reset");
    const reasons = ["longer than 4096 bytes", "cut short after 0 bytes", "incomplete after 50ms"];
    for (const reason of reasons) await server.until((line) => line.endsWith(`: request ${reason}.`));
  });

  test("serves the present content of the directory", async () => {
    await using dir = await poems();
    await using server = await RunningService.start("serve", dir.path);
    expect(await ask(server.port, "science\n")).toBe("Science!\n");
    await dir.write("science.txt", "Science, corrected!\n");
    await dir.write("new.txt", "New\n");
    expect(await ask(server.port, "science\n")).toBe("Science, corrected!\n");
    expect(await ask(server.port, "new\n")).toBe("New\n");
  });

  test("serves a title that begins with U+FEFF, but only if it is requested with it", async () => {
    await using dir = new TempDir();
    await dir.write("\ufeffscience.txt", "marked");
    await using server = await RunningService.start("serve", dir.path);
    expect(await ask(server.port, "\ufeffscience\n")).toBe("marked");
    expect(await ask(server.port, "science\n")).toStartWith("No poem called");
  });

  test("names files whose titles cannot be requested", async () => {
    await using dir = await poems();
    await writeFile(Buffer.from(`${dir.path}/caf\xe9.txt`, "latin1"), "coffee");
    await dir.write("a\tb.txt", "tab");
    await using server = await RunningService.start("serve", dir.path);
    expect(server.lines.slice(0, 2)).toEqual([
      "warn: Not serving a\\x09b.txt: its name contains control characters.",
      "warn: Not serving caf\uFFFD.txt: its name is not UTF-8.",
    ]);
  });

  test("serves no poem longer than --max-poem", async () => {
    await using dir = await poems();
    await using server = await RunningService.start("serve", dir.path, "--max-poem", "10");
    expect(await ask(server.port, "science\n")).toBe("Science!\n");
    expect(await ask(server.port, "ecstasy\n")).toBe("reset");
    await server.until((line) => line === `warn: Cannot read ${dir.path}/Ecstasy.txt: longer than 10 bytes`);
  });

  test("resets clients after the directory was removed, and says why", async () => {
    await using outer = new TempDir();
    await mkdir(join(outer.path, "poems"));
    await outer.write("poems/science.txt", "Science!\n");
    const dir = join(outer.path, "poems");
    await using server = await RunningService.start("serve", dir);
    await rename(dir, `${dir}-moved`);
    expect(await ask(server.port, "science\n")).toBe("reset");
    await server.until((line) => line === `warn: Cannot read ${dir}: no such file (ENOENT)`);
    await rename(`${dir}-moved`, dir);
    expect(await ask(server.port, "science\n")).toBe("Science!\n");
  });

  test.skipIf(!canBeNobody)("resets a client that requests a poem which it may not read", async () => {
    await using programs = new TempDir();
    await using dir = await poems();
    await chmod(join(dir.path, "science.txt"), 0o000);
    const poetryCommand = await poetryAsNobody(programs);
    await using server = new RunningProgram([...poetryCommand, "serve", dir.path, "--port", "0"]);
    const port = Number((await server.until((line) => line.startsWith("Serving "))).match(/:(\d+)\.$/)?.[1]);
    expect(await ask(port, "science\n")).toBe("reset");
    expect(await ask(port, "ecstasy\n")).toBe(POEM);
    await server.until(
      (line) => line === `warn: Cannot read ${dir.path}/science.txt: permission denied (EACCES)`,
    );
  });

  test("says which of two files with the same title it serves", async () => {
    await using dir = await poems();
    await dir.write("ecstasy.txt", "the other");
    await using server = await RunningService.start("serve", dir.path);
    expect(server.lines[0]).toBe("warn: Not serving ecstasy.txt: same title as Ecstasy.txt.");
    expect(await ask(server.port, "ecstasy\n")).toBe(POEM);
  });

  test("with --delay sends a poem --num-bytes at a time", async () => {
    await using dir = await poems();
    await using server = await RunningService.start("serve", dir.path, "--delay", "1ms", "--num-bytes", "1");
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(server.port, "ecstasy\n")));
    expect(answers).toEqual(Array.from({ length: 10 }, () => POEM));
  });
});
