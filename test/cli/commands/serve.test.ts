import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { canBeNobody, poetryAsNobody } from "../../support/nobody.ts";
import { poetry, run, RunningService, type Run } from "../../support/program.ts";
import { TempDir } from "../../support/temp-dir.ts";
import { visit } from "../../support/visitor.ts";

setDefaultTimeout(30_000);

const POEM = "O gentle soul\n";
const PRIVILEGED_PORT = 1;

function firstUnprivilegedPort(): number {
  const file = "/proc/sys/net/ipv4/ip_unprivileged_port_start";
  return existsSync(file) ? Number(readFileSync(file, "utf8")) : 1024;
}

/** What is left to fail once the command line makes sense: one line, exit 1, nothing on standard output. */
function expectFailure({ code, stdout, stderr }: Run, line: string): void {
  expect({ code, stdout: stdout.length, stderr }).toEqual({ code: 1, stdout: 0, stderr: `error: ${line}\n` });
}

describe("poetry serve", () => {
  test("names a file that is not there", async () => {
    await using dir = new TempDir();
    const file = join(dir.path, "missing.txt");
    expectFailure(await poetry("serve", file), `Cannot serve ${file}: no such file (ENOENT)`);
  });

  test("names a directory", async () => {
    await using dir = new TempDir();
    expectFailure(await poetry("serve", dir.path), `Cannot serve ${dir.path}: it is a directory (EISDIR)`);
  });

  test("names an empty file", async () => {
    await using dir = new TempDir();
    const file = await dir.write("empty.txt", "");
    expectFailure(
      await poetry("serve", file),
      `Cannot serve ${file}: it is empty, and no client could tell that from a failure`,
    );
  });

  test.skipIf(!canBeNobody)("names a file that it may not read", async () => {
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
    "names a port that it may not open",
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

  test("serves any bytes there are", async () => {
    await using dir = new TempDir();
    const bytes = new Uint8Array(256 * 300).map((_, i) => i);
    await using server = await RunningService.start("serve", await dir.write("bytes", bytes));
    const answer = await visit(server.port);
    expect({ end: answer.end, same: answer.bytes.equals(bytes) }).toEqual({ end: "fin", same: true });
  });

  test("takes --iface for --host, and listens there only", async () => {
    await using dir = new TempDir();
    const file = await dir.write("poem.txt", POEM);
    await using server = await RunningService.start("serve", file, "--iface", "127.0.0.2");
    expect(server.lines[0]).toBe(`Serving ${file} on 127.0.0.2:${server.port}.`);
    const { code, stdout } = await poetry("get", `127.0.0.2:${server.port}`);
    expect({ code, text: stdout.toString() }).toEqual({ code: 0, text: POEM });
    expect((await visit(server.port)).end).toBe("refused");
  });

  test("reads the poem once: what becomes of the file later is no matter", async () => {
    await using dir = new TempDir();
    const file = await dir.write("poem.txt", POEM);
    await using server = await RunningService.start("serve", file);
    await dir.write("poem.txt", "something else");
    expect((await visit(server.port)).bytes.toString()).toBe(POEM);
  });

  test("with --delay sends --num-bytes at a time, to several clients side by side", async () => {
    await using dir = new TempDir();
    const file = await dir.write("poem.txt", POEM);
    await using server = await RunningService.start("serve", file, "--delay", "1ms", "--num-bytes", "1");
    const visits = await Promise.all(Array.from({ length: 10 }, () => visit(server.port)));
    for (const { bytes, end } of visits)
      expect({ text: bytes.toString(), end }).toEqual({ text: POEM, end: "fin" });
  });
});
