import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { poetry, POETRY, run, RunningService, timeless } from "../../support/program.ts";
import { ScriptedPeer } from "../../support/scripted-peer.ts";
import { nextTurn } from "../../support/next-turn.ts";
import { TempDir } from "../../support/temp-dir.ts";
import { KINDS, Unread } from "../../support/unread.ts";

setDefaultTimeout(30_000);

const POEM = "I wonder, by my troth, what thou and I\nDid, till we loved?\n";

/** A running `poetry get`. */
class RunningGet implements AsyncDisposable {
  readonly #child: Bun.Subprocess<"ignore", "pipe", "pipe">;
  readonly #stdout: AsyncIterator<Uint8Array>;
  readonly #stderr: Promise<string>;
  #text = "";

  constructor(...args: string[]) {
    this.#child = Bun.spawn([POETRY, "get", ...args], { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
    this.#stdout = this.#child.stdout[Symbol.asyncIterator]();
    this.#stderr = this.#child.stderr.text();
  }

  /** Its standard output, once it begins with `text`. */
  async until(text: string): Promise<string> {
    while (!this.#text.startsWith(text)) {
      if (!(await this.#read())) throw new Error(`get ended after ${JSON.stringify(this.#text)}`);
    }
    return this.#text;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async end(): Promise<{ code: number; stdout: string; stderr: string }> {
    while (await this.#read());
    return { code: await this.#child.exited, stdout: this.#text, stderr: timeless(await this.#stderr) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }

  async #read(): Promise<boolean> {
    const { done, value } = await this.#stdout.next();
    if (!done) this.#text += Buffer.from(value).toString();
    return !done;
  }
}

function serving(text: string): ScriptedPeer {
  return new ScriptedPeer((connection) => connection.send(text).fin());
}

function refusing(): ScriptedPeer {
  return new ScriptedPeer((connection) => connection.reset());
}

/** Whether Bun sees the connection before its reset is a race: if not, the connect failed, after some milliseconds. */
function complaint({ port }: ScriptedPeer): RegExp {
  const reason = "connection reset \\(ECONNRESET\\) after (0 bytes|\\d+ ms)";
  return new RegExp(`^error: Cannot fetch from 127\\.0\\.0\\.1:${port}: ${reason}\\n$`);
}

describe("poetry get ADDRESS", () => {
  test("prints the poem and nothing else", async () => {
    await using peer = serving(POEM);
    const { code, stdout, stderr } = await poetry("get", `${peer.port}`);
    expect({ code, stdout: stdout.toString(), stderr }).toEqual({ code: 0, stdout: POEM, stderr: "" });
    expect(peer.connections.length).toBe(1);
  });

  test("prints the poem as it arrives, before the server has finished", async () => {
    await using peer = new ScriptedPeer();
    await using get = new RunningGet(`127.0.0.1:${peer.port}`);
    const connection = await peer.connection();
    connection.send("first ");
    expect(await get.until("first ")).toBe("first ");
    connection.send("second ");
    expect(await get.until("first second ")).toBe("first second ");
    connection.send("last").fin();
    expect(await get.end()).toEqual({ code: 0, stdout: "first second last", stderr: "" });
  });

  test.each([
    ["1", POEM.slice(0, 1)],
    ["n - 1", POEM.slice(0, -1)],
  ])(
    "after a reset at byte %s prints what came, says how many bytes and why, exits with 1",
    async (_, part) => {
      await using peer = new ScriptedPeer();
      await using get = new RunningGet(`${peer.port}`);
      const connection = await peer.connection();
      connection.send(part);
      await get.until(part);
      connection.reset();
      expect(await get.end()).toEqual({
        code: 1,
        stdout: part,
        stderr: `error: Cannot fetch from 127.0.0.1:${peer.port}: connection reset (ECONNRESET) after ${part.length} bytes\n`,
      });
    },
  );

  test("prints nothing after a reset at byte 0, says why, and exits with 1", async () => {
    await using peer = refusing();
    const { code, stdout, stderr } = await poetry("get", `${peer.port}`);
    expect({ code, stdout: stdout.length }).toEqual({ code: 1, stdout: 0 });
    expect(stderr).toMatch(complaint(peer));
  });

  test("treats an empty answer as a failure", async () => {
    await using peer = serving("");
    const { code, stdout, stderr } = await poetry("get", `${peer.port}`);
    expect({ code, stdout: stdout.length, stderr }).toEqual({
      code: 1,
      stdout: 0,
      stderr: `error: Cannot fetch from 127.0.0.1:${peer.port}: the answer was empty (0 bytes)\n`,
    });
  });

  test("says that nothing listens there", async () => {
    const peer = new ScriptedPeer();
    const { port } = peer;
    await peer[Symbol.asyncDispose]();
    const { code, stdout, stderr } = await poetry("get", `${port}`);
    expect({ code, stdout: stdout.length }).toEqual({ code: 1, stdout: 0 });
    expect(stderr).toMatch(
      new RegExp(`^error: Cannot fetch from 127\\.0\\.0\\.1:${port}: connection refused.*\\n$`),
    );
  });

  test("says that there is no such host", async () => {
    const { code, stdout, stderr } = await poetry("get", "poetry.invalid:10000", "--timeout", "30s");
    expect({ code, stdout: stdout.length }).toEqual({ code: 1, stdout: 0 });
    expect(stderr).toMatch(/^error: Cannot fetch from poetry\.invalid:10000: .+\n$/);
    expect(stderr).not.toContain("30s");
  });

  test("waits no longer than --timeout, and says how much arrived", async () => {
    await using peer = new ScriptedPeer((connection) => connection.send("only this"));
    const { code, stdout, stderr } = await poetry("get", `${peer.port}`, "--timeout", "500ms");
    expect({ code, isPart: "only this".startsWith(stdout.toString()) }).toEqual({ code: 1, isPart: true });
    expect(stderr).toBe(
      `error: Cannot fetch from 127.0.0.1:${peer.port}: not finished within 500ms, after ${stdout.length} bytes\n`,
    );
  });

  test("is ended by SIGINT, like any program", async () => {
    await using peer = new ScriptedPeer((connection) => connection.send("only this"));
    await using get = new RunningGet(`${peer.port}`);
    await get.until("only this");
    get.signal("SIGINT");
    expect(await get.end()).toEqual({ code: 130, stdout: "only this", stderr: "" });
    await peer.until(() => peer.open === 0);
  });

  test("logs failures as JSON if asked to, and in --quiet, too", async () => {
    await using peer = refusing();
    const { code, stderr } = await poetry("get", `${peer.port}`, "--log", "json", "--quiet");
    expect(code).toBe(1);
    const { ts, level, msg } = JSON.parse(stderr) as Record<string, string>;
    expect({ ts, level }).toEqual({ ts: expect.any(String), level: "error" });
    expect(`error: ${msg}\n`).toMatch(complaint(peer));
  });
});

describe("poetry get ADDRESS ADDRESS", () => {
  test("asks all servers at once and prints complete poems in the order of the arguments", async () => {
    await using first = new ScriptedPeer();
    await using second = new ScriptedPeer();
    await using third = new ScriptedPeer();
    await using get = new RunningGet(...[first, second, third].map((peer) => `${peer.port}`));
    const [a, b, c] = await Promise.all([first.connection(), second.connection(), third.connection()]);
    a.send("first, begun; ");
    c.send("third.").fin();
    await third.until(() => third.open === 0);
    b.send("second; ").fin();
    await second.until(() => second.open === 0);
    a.send("first, ended; ").fin();
    expect(await get.end()).toEqual({
      code: 0,
      stdout: "first, begun; first, ended; second; third.",
      stderr: "",
    });
  });

  test("prints a poem as soon as the previous ones are printed", async () => {
    await using first = serving("first");
    await using second = new ScriptedPeer();
    await using get = new RunningGet(`${first.port}`, `${second.port}`);
    expect(await get.until("first")).toBe("first");
    (await second.connection()).send("second").fin();
    expect(await get.end()).toMatchObject({ code: 0, stdout: "firstsecond" });
  });

  test("has a line for each address that failed, prints the others, exits with 1", async () => {
    await using good = serving(POEM);
    await using cut = refusing();
    await using empty = serving("");
    const ports = [cut, good, empty, good].map((peer) => `${peer.port}`);
    const { code, stdout, stderr } = await poetry("get", ...ports);
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 1, stdout: POEM + POEM });
    const [first, second, ...rest] = stderr.split(/^/m);
    expect(first).toMatch(complaint(cut));
    expect(second).toBe(`error: Cannot fetch from 127.0.0.1:${empty.port}: the answer was empty (0 bytes)\n`);
    expect(rest).toEqual([]);
  });

  test("prints nothing of a poem that is cut short", async () => {
    await using good = serving(POEM);
    await using cut = new ScriptedPeer();
    await using get = new RunningGet(`${good.port}`, `${cut.port}`);
    const connection = await cut.connection();
    connection.send("half a po");
    await get.until(POEM);
    connection.reset();
    const { code, stdout, stderr } = await get.end();
    expect({ code, stdout }).toEqual({ code: 1, stdout: POEM });
    expect(stderr).toContain(`Cannot fetch from 127.0.0.1:${cut.port}: `);
  });

  test("holds no poem longer than --max-answer", async () => {
    await using long = serving("x".repeat(101));
    await using good = serving("y".repeat(100));
    const ports = [long, good].map((peer) => `${peer.port}`);
    const { code, stdout, stderr } = await poetry("get", ...ports, "--max-answer", "100");
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 1, stdout: "y".repeat(100) });
    expect(stderr).toBe(`error: Cannot fetch from 127.0.0.1:${long.port}: answer longer than 100 bytes\n`);
  });
});

describe("poetry get --output", () => {
  test("leaves the file unchanged until the poem is complete", async () => {
    await using dir = new TempDir();
    const file = await dir.write("poem.txt", "as it was");
    await using peer = new ScriptedPeer();
    await using get = new RunningGet(`${peer.port}`, "--output", file);
    const connection = await peer.connection();
    connection.send("a new poem, ");
    expect(await readFile(file, "utf8")).toBe("as it was");
    connection.send("complete").fin();
    expect(await get.end()).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(await readFile(file, "utf8")).toBe("a new poem, complete");
  });

  test("writes several poems in the order of the arguments", async () => {
    await using dir = new TempDir();
    await using first = serving("first;");
    await using second = serving("second;");
    const file = join(dir.path, "new");
    const { code, stdout } = await poetry("get", `${first.port}`, `${second.port}`, "-o", file);
    expect({ code, stdout: stdout.length }).toEqual({ code: 0, stdout: 0 });
    expect(await readFile(file, "utf8")).toBe("first;second;");
  });

  test("leaves the file unchanged if the poem is cut short", async () => {
    await using dir = new TempDir();
    const file = await dir.write("poem.txt", "as it was");
    await using peer = new ScriptedPeer((connection) => connection.send("half a po"));
    const { code, stdout, stderr } = await poetry("get", `${peer.port}`, "-o", file, "--timeout", "500ms");
    expect({ code, stdout: stdout.length }).toEqual({ code: 1, stdout: 0 });
    expect(stderr).toContain("Cannot fetch from");
    expect(await readFile(file, "utf8")).toBe("as it was");
  });

  test("makes no file if there is no poem", async () => {
    await using dir = new TempDir();
    await using peer = refusing();
    const file = join(dir.path, "new");
    expect((await poetry("get", `${peer.port}`, "--output", file)).code).toBe(1);
    expect(stat(file)).rejects.toThrow("ENOENT");
  });

  test("leaves the file unchanged if one of several poems failed", async () => {
    await using dir = new TempDir();
    const file = await dir.write("poem.txt", "as it was");
    await using good = serving(POEM);
    await using cut = refusing();
    const { code, stderr } = await poetry("get", `${good.port}`, `${cut.port}`, "--output", file);
    expect(code).toBe(1);
    expect(stderr).toContain(`Cannot fetch from 127.0.0.1:${cut.port}`);
    expect(await readFile(file, "utf8")).toBe("as it was");
  });

  test("leaves the old file unchanged if there is no space for the new one", async () => {
    await using dir = new TempDir();
    const file = await dir.write("poem.txt", "as it was");
    await using peer = serving("x".repeat(20_000));
    const { code, stderr } = await shell(
      `trap '' XFSZ; ulimit -f 8; "$@"`,
      POETRY,
      "get",
      `${peer.port}`,
      "-o",
      file,
    );
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `error: Cannot write to ${file}: file too large (EFBIG)\n`,
    });
    expect(await readFile(file, "utf8")).toBe("as it was");
    expect(await readdir(dir.path)).toEqual(["poem.txt"]);
  });

  test("accepts - as standard output", async () => {
    await using dir = new TempDir();
    await using peer = serving(POEM);
    const { code, stdout } = await run([POETRY, "get", `${peer.port}`, "-o", "-"], { cwd: dir.path });
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 0, stdout: POEM });
    expect(await readdir(dir.path)).toEqual([]);
  });

  test("says why it cannot write the file, and exits with 1", async () => {
    await using dir = new TempDir();
    await using peer = serving(POEM);
    for (const [file, reason] of [
      [join(dir.path, "missing", "poem.txt"), "(ENOENT)"],
      [dir.path, "it is a directory (EISDIR)"],
      ["/dev/full", "no space left (ENOSPC)"],
    ] as const) {
      const { code, stdout, stderr } = await poetry("get", `${peer.port}`, "--output", file);
      expect({ code, stdout: stdout.length }).toEqual({ code: 1, stdout: 0 });
      expect(stderr).toStartWith(`error: Cannot write to ${file}: `);
      expect(stderr).toEndWith(`${reason}\n`);
    }
  });
});

describe("poetry get, with an awkward standard output,", () => {
  const COUNTS = [1, 2];

  test.each(COUNTS)("of a full disk says so and exits with 1 (%d servers)", async (count) => {
    await using peer = serving(POEM);
    const { code, stderr } = await shell('"$@" >/dev/full', ...getting(peer, count));
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: "error: Cannot write to standard output: no space left (ENOSPC)\n",
    });
  });

  test.each(COUNTS)("that is closed says so and exits with 1 (%d servers)", async (count) => {
    await using peer = serving(POEM);
    const { code, stderr } = await shell('"$@" >&-', ...getting(peer, count));
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: "error: Cannot write to standard output: bad file descriptor (EBADF)\n",
    });
    expect((await shell('"$@" 1<>/dev/null', ...getting(peer, count))).code).toBe(0);
  });

  test.each(COUNTS)("of a pipe that nobody reads exits quietly with 141 (%d servers)", async (count) => {
    await using peer = serving(POEM);
    const { code, stderr } = await shell('exec 3> >(true); wait $!; exec "$@" >&3', ...getting(peer, count));
    expect({ code, stderr }).toEqual({ code: 141, stderr: "" });
  });

  test("whose reader leaves in the middle exits quietly with 141", async () => {
    await using dir = new TempDir();
    const file = await dir.write("long", new Uint8Array(5_000_000).fill(120));
    await using server = await RunningService.start("serve", file);
    const { code, stdout, stderr } = await shell(
      '"$@" | head -c 5; exit ${PIPESTATUS[0]}',
      ...getting(server, 1),
    );
    expect({ code, stdout: stdout.toString(), stderr }).toEqual({ code: 141, stdout: "xxxxx", stderr: "" });
  });

  test.each(COUNTS)("that is closed ends by itself, without a crash (%d servers)", async (count) => {
    await using peer = serving(POEM);
    const { code, stderr } = await shell('"$@" >&-', ...getting(peer, count));
    expect([0, 1]).toContain(code); // Bun opens /dev/null in its place, so the program cannot tell the difference.
    expect(stderr).not.toContain("    at ");
  });

  test.each(COUNTS)("of a slow reader loses and repeats nothing of 5 MB (%d servers)", async (count) => {
    await using dir = new TempDir();
    const poem = new Uint8Array(5_000_000).map((_, i) => (i * 2_654_435_761) >>> 13);
    await using server = await RunningService.start("serve", await dir.write("long", poem));
    const slowly = '"$@" | dd bs=499 status=none; exit ${PIPESTATUS[0]}';
    const { code, stdout, stderr } = await shell(slowly, ...getting(server, count));
    expect({ code, length: stdout.length, stderr }).toEqual({
      code: 0,
      length: count * poem.length,
      stderr: "",
    });
    expect(stdout.equals(Buffer.concat(Array<Uint8Array>(count).fill(poem)))).toBeTrue();
  });

  test("of a file gets the poem into it", async () => {
    await using dir = new TempDir();
    await using peer = serving(POEM);
    const file = join(dir.path, "out");
    const { code } = await shell(`"$@" >'${file}'`, ...getting(peer, 2));
    expect(code).toBe(0);
    expect(await readFile(file, "utf8")).toBe(POEM + POEM);
  });
});

/** What a terminal shows of a command, and its exit code. */
async function onTerminal(command: readonly string[], options: Bun.TerminalOptions & { env?: object } = {}) {
  let text = "";
  const { env, ...size } = options;
  const decoder = new TextDecoder();
  await using terminal = new Bun.Terminal({
    ...size,
    data: (_, bytes) => void (text += decoder.decode(bytes)),
  });
  const child = Bun.spawn([...command], { terminal, env: { ...process.env, TERM: "xterm", ...env } });
  const code = await child.exited;
  while (!text.includes("THE END")) await nextTurn(); // Its output may still be in the terminal's buffer.
  return { code, text: text.replaceAll("\r\n", "\n") };
}

const ENDED = 'code=$?; printf "THE END\\n"; exit $code';

describe("poetry get, on a terminal,", () => {
  const DRIVING = "\x1b]0;owned\x07\x1b[31mred\u009b0m\n";

  test("escapes control characters in an answer", async () => {
    await using peer = serving(DRIVING);
    const shown = "\\x1b]0;owned\\x07\\x1b[31mred\\x9b0m\n";
    for (const count of [1, 2]) {
      const get = getting(peer, count);
      const { code, text } = await onTerminal(["bash", "-c", `"$@" 2>/dev/null; ${ENDED}`, "bash", ...get]);
      expect({ code, text }).toEqual({ code: 0, text: `${shown.repeat(count)}THE END\n` });
    }
  });

  test("passes them on with --raw-output, and if there is no terminal", async () => {
    await using peer = serving(DRIVING);
    const get = getting(peer, 1);
    const raw = ["bash", "-c", `"$@"; ${ENDED}`, "bash", ...get, "--raw-output"];
    expect(await onTerminal(raw)).toEqual({ code: 0, text: `${DRIVING}THE END\n` });
    expect((await run(get)).stdout.toString()).toBe(DRIVING);
  });

  test("draws no progress on a terminal that cannot move the cursor", async () => {
    await using peer = serving(POEM);
    const get = ["bash", "-c", `"$@"; ${ENDED}`, "bash", ...getting(peer, 2)];
    const { text } = await onTerminal(get, { env: { TERM: "dumb" } });
    expect(text).toBe(`${POEM}${POEM}THE END\n`);
    expect((await onTerminal(get)).text).toContain("\x1b[2A\x1b[J");
  });

  test("treats a terminal of unknown size as an ordinary one", async () => {
    await using peer = serving(POEM);
    const script = `stty cols 0 rows 0; "$@" >/dev/null; ${ENDED}`;
    const { text } = await onTerminal(["bash", "-c", script, "bash", ...getting(peer, 2)]);
    const line = `127.0.0.1:${peer.port}: ${POEM.length} bytes, done\n`;
    expect(text).toEndWith(`${line}${line}THE END\n`);
  });
});

describe("poetry get, with a standard error that nobody reads,", () => {
  test.each(KINDS)("ends, and reports by its exit code what it could not print: a %s", async (kind) => {
    using unread = new Unread(kind);
    unread.jam();
    await using cut = refusing();
    const child = Bun.spawn([POETRY, "get", `${cut.port}`], { stdio: ["ignore", "pipe", unread.writeEnd] });
    expect(await child.exited).toBe(1);
    expect(unread.read().trim()).toBe("");
  });

  test("gets several poems without progress: a terminal that has stopped", async () => {
    using unread = new Unread("terminal");
    unread.jam();
    await using first = serving("first;");
    await using second = serving("second;");
    const ports = [first, second].map((peer) => `${peer.port}`);
    const child = Bun.spawn([POETRY, "get", ...ports], { stdio: ["ignore", "pipe", unread.writeEnd] });
    expect(await child.stdout.text()).toBe("first;second;");
    expect(await child.exited).toBe(0);
  });

  test("reports the error as soon as there is a reader", async () => {
    using unread = new Unread("terminal");
    unread.jam();
    await using cut = refusing();
    await using late = new ScriptedPeer();
    const child = Bun.spawn([POETRY, "get", ...[cut, late].map((peer) => `${peer.port}`)], {
      stdio: ["ignore", "pipe", unread.writeEnd],
    });
    const connection = await late.connection();
    unread.clear();
    await unread.until((text) => text.includes(`error: Cannot fetch from 127.0.0.1:${cut.port}: `));
    connection.send(POEM).fin();
    expect(await child.stdout.text()).toBe(POEM);
    expect(await child.exited).toBe(1);
    expect(unread.read()).toContain(`127.0.0.1:${late.port}: ${POEM.length} bytes, done`);
  });
});

function getting({ port }: { port: number }, count: number): string[] {
  return [POETRY, "get", ...Array<string>(count).fill(`${port}`)];
}

/** Runs `script` with `command` as "$@". */
function shell(script: string, ...command: string[]) {
  return run(["bash", "-c", script, "bash", ...command]);
}

/** What a server that answers the first bytes reads. */
async function sent(...args: string[]): Promise<string> {
  await using peer = new ScriptedPeer();
  await using get = new RunningGet(`${peer.port}`, ...args);
  const connection = await peer.connection();
  await peer.until(() => connection.received !== "");
  connection.send(POEM).fin();
  expect(await get.end()).toEqual({ code: 0, stdout: POEM, stderr: "" });
  return connection.received;
}

describe("poetry get --request", () => {
  test("sends TEXT and a line end, and prints the answer", async () => {
    expect(await sent("--request", "ecstasy")).toBe("ecstasy\r\n");
  });

  test("sends an empty line, too", async () => {
    expect(await sent("--request", "")).toBe("\r\n");
  });

  test("sends text that looks like a flag", async () => {
    expect(await sent("--request=-B 192.0.2.1")).toBe("-B 192.0.2.1\r\n");
  });

  test("sends text as UTF-8", async () => {
    expect(await sent("--request", "sì", "--raw")).toBe(Buffer.from("sì").toString("latin1"));
  });

  test("sends bytes that are not UTF-8 unchanged", async () => {
    await using peer = new ScriptedPeer();
    const command = `exec "$1" get "$2" --request="$(printf '\\345l.dk')"`;
    const got = shell(command, POETRY, `${peer.port}`);
    const connection = await peer.connection();
    await peer.until(() => connection.received.endsWith("\n"));
    connection.send(POEM).fin();
    expect(await got).toMatchObject({ code: 0, stderr: "" });
    expect(connection.received).toBe("\xe5l.dk\r\n");
  });

  test.each(["-o", "--request-file", "--via"])("refuses them for %s", async (flag) => {
    const command = `exec "$1" get 1 ${flag} "$(printf '\\345.txt')"`;
    const { code, stderr } = await shell(command, POETRY);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^poetry get: Bad --[a-z-]+ "\uFFFD\.txt": expected UTF-8\.\n/);
  });

  test("--raw sends TEXT unchanged", async () => {
    expect(await sent("--raw", "--request", "ruok")).toBe("ruok");
  });

  test("--request-file sends bytes unchanged", async () => {
    await using dir = new TempDir();
    expect(await sent("--request-file", await dir.write("request", "a\nb\0c"))).toBe("a\nb\0c");
  });

  test("--request-file sends the content of a pipe", async () => {
    await using peer = new ScriptedPeer();
    const got = shell('exec "$1" get "$2" --request-file <(printf ruok)', POETRY, `${peer.port}`);
    const connection = await peer.connection();
    await peer.until(() => connection.received === "ruok");
    connection.send("imok").fin();
    expect(await got).toMatchObject({ code: 0, stderr: "" });
  });

  test("goes to every server", async () => {
    await using first = new ScriptedPeer();
    await using second = new ScriptedPeer();
    await using get = new RunningGet(`${first.port}`, `${second.port}`, "--request", "science");
    for (const peer of [first, second]) {
      const connection = await peer.connection();
      await peer.until(() => connection.received === "science\r\n");
      connection.send(POEM).fin();
    }
    expect(await get.end()).toEqual({ code: 0, stdout: POEM + POEM, stderr: "" });
  });

  test("does not half-close before the answer has ended", async () => {
    await using peer = new ScriptedPeer();
    await using get = new RunningGet(`${peer.port}`, "--request", "science");
    const connection = await peer.connection();
    connection.send("half ");
    await get.until("half ");
    expect({ received: connection.received, open: peer.open }).toEqual({ received: "science\r\n", open: 1 });
    connection.send("a poem").fin();
    expect((await get.end()).stdout).toBe("half a poem");
  });

  test("treats an answer cut short by a reset as a failure", async () => {
    await using peer = new ScriptedPeer();
    await using dir = new TempDir();
    const request = await dir.write("request", new Uint8Array(32 * 1024 * 1024)); // More than the kernel buffers.
    await using get = new RunningGet(`${peer.port}`, "--request-file", request);
    const connection = await peer.connection();
    connection.stopReading();
    connection.send("half a poem");
    await get.until("half a poem");
    connection.reset();
    expect(await get.end()).toMatchObject({ code: 1, stderr: expect.stringContaining("connection reset") });
  });

  test.each([
    ["missing", undefined, "no such file (ENOENT)"],
    ["empty", "", "it is empty"],
    ["/dev/zero", undefined, "longer than 67108864 bytes"],
  ])("--request-file names a file that is %s", async (name, content, reason) => {
    await using dir = new TempDir();
    const path = name.startsWith("/") ? name : join(dir.path, name);
    const file = content === undefined ? path : await dir.write(name, content);
    const { code, stdout, stderr } = await poetry("get", "1", "--request-file", file);
    expect({ code, stdout: stdout.length, stderr }).toEqual({
      code: 1,
      stdout: 0,
      stderr: `error: Cannot send ${file}: ${reason}\n`,
    });
  });
});
