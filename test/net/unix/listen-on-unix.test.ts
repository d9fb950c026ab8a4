import { existsSync, lstatSync, readdirSync, symlinkSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "bun:test";
import type { UnixAddress } from "../../../src/net/address.ts";
import { listenOnUnix, type UnixServer } from "../../../src/net/unix/listen-on-unix.ts";
import { TempDir } from "../../support/temp-dir.ts";

const isRoot = process.getuid?.() === 0;
/** A group that exists on every system, and is not ours. */
const GROUP = "tty";

/** Listens, and greets every client. */
function greet(address: UnixAddress): UnixServer<undefined> & Disposable {
  const made = listenOnUnix<undefined>(address, {
    open: (socket) => {
      socket.write("welcome");
      socket.shutdown();
    },
    data() {},
  });
  const stop = () => {
    made.file?.remove();
    made.server.stop();
  };
  return { ...made, [Symbol.dispose]: stop };
}

/** What a client hears, or why it cannot connect. */
async function ask(path: string): Promise<string> {
  const over = Promise.withResolvers<string>();
  let heard = "";
  Bun.connect({
    unix: path.replace(/^@/, "\0"),
    socket: {
      data: (_socket, bytes) => void (heard += bytes.toString()),
      close: () => over.resolve(heard),
      connectError: (_socket, error) => over.resolve((error as { code?: string }).code ?? error.message),
    },
  }).catch(() => {});
  return over.promise;
}

/** The file of a socket that nobody listens on any more, as after `kill -9`. */
async function leaveStale(path: string): Promise<void> {
  const source = `Bun.listen({ unix: ${JSON.stringify(path)}, socket: { data() {} } }); process.kill(process.pid, "SIGKILL");`;
  await Bun.spawn([process.execPath, "-e", source]).exited;
  expect(lstatSync(path).isSocket()).toBe(true);
}

function modeOf(path: string): string {
  return (lstatSync(path).mode & 0o777).toString(8);
}

describe("listenOnUnix()", () => {
  test("admits only our own user, unless the address says otherwise, whatever the umask", async () => {
    await using dir = new TempDir();
    const before = process.umask(0o077);
    try {
      for (const [mode, expected] of [
        [undefined, "600"],
        [0o666, "666"],
        [0o660, "660"],
      ] as const) {
        using _ = greet({ path: join(dir.path, expected), mode });
        expect(modeOf(join(dir.path, expected))).toBe(expected);
      }
      expect(process.umask()).toBe(0o077);
    } finally {
      process.umask(before);
    }
  });

  test.skipIf(!isRoot)("gives the file to a group, by name or number", async () => {
    await using dir = new TempDir();
    const [path, other] = [join(dir.path, "one"), join(dir.path, "other")];
    using _ = greet({ path, mode: 0o660, group: GROUP });
    const { gid } = lstatSync(path);
    expect(gid).not.toBe(process.getgid?.() ?? -1);
    expect(modeOf(path)).toBe("660");
    greet({ path: other, group: `${gid}` });
    expect(lstatSync(other).gid).toBe(gid);
  });

  test("fails, and leaves no file, if there is no such group", async () => {
    await using dir = new TempDir();
    const path = join(dir.path, "socket");
    expect(() => greet({ path, group: "no-such-group" })).toThrow(
      `Cannot listen on unix:${path}: there is no group called no-such-group`,
    );
    expect(existsSync(path)).toBe(false);
  });

  test("removes the file at the end, but not one that another process put there", async () => {
    await using dir = new TempDir();
    const path = join(dir.path, "socket");
    greet({ path })[Symbol.dispose]();
    expect(existsSync(path)).toBe(false);
    const old = greet({ path });
    unlinkSync(path);
    using _ = greet({ path });
    old[Symbol.dispose]();
    expect(await ask(path)).toBe("welcome");
  });

  test("replaces a stale file", async () => {
    await using dir = new TempDir();
    const path = join(dir.path, "socket");
    await leaveStale(path);
    expect(await ask(path)).toBe("ECONNREFUSED");
    using _ = greet({ path });
    expect(await ask(path)).toBe("welcome");
    expect(readdirSync(dir.path)).toEqual(["socket"]);
  });

  test("does not touch a socket that is in use, unnoticed by its owner", async () => {
    await using dir = new TempDir();
    const path = join(dir.path, "socket");
    let clients = 0;
    using server = Bun.listen({ unix: path, socket: { open: () => void clients++, data() {} } });
    expect(() => greet({ path })).toThrow(
      `Cannot listen on unix:${path}: something is already listening there (EADDRINUSE)`,
    );
    await ask(join(dir.path, "nothing")); // An earlier connection would have been accepted by now.
    expect([clients, existsSync(path)]).toEqual([0, true]);
    expect(server.unix).toBe(path);
  });

  test("does not touch a file that is not a socket, nor a link to a socket", async () => {
    await using dir = new TempDir();
    const file = await dir.write("poem.txt", "poem");
    const link = join(dir.path, "link");
    await leaveStale(join(dir.path, "socket"));
    symlinkSync(join(dir.path, "socket"), link);
    for (const path of [file, link])
      expect(() => greet({ path })).toThrow("there is a file that is not a socket (EADDRINUSE)");
    expect(await Bun.file(file).text()).toBe("poem");
  });

  test("says that there is no directory", () => {
    expect(() => greet({ path: "/nowhere/at/all" })).toThrow(
      "Cannot listen on unix:/nowhere/at/all: no such directory (ENOENT)",
    );
  });

  test("listens on an abstract name, once", async () => {
    const path = `@poetry-test-${process.pid}`;
    using _ = greet({ path });
    expect(await ask(path)).toBe("welcome");
    expect(() => greet({ path })).toThrow("something is already listening there (EADDRINUSE)");
  });

  test("succeeds for only one of several processes that replace the same file at the same time", async () => {
    await using dir = new TempDir();
    const path = join(dir.path, "socket");
    const rivals = Array.from({ length: 4 }, () => new Rival(path));
    for (let round = 0; round < 50; round++) {
      await leaveStale(path);
      const outcomes = await Promise.all(rivals.map((rival) => rival.say("listen")));
      expect(outcomes.toSorted()).toEqual(["in use", "in use", "in use", "listening"]);
      expect(await ask(path)).toBe("welcome");
      await Promise.all(rivals.map((rival) => rival.say("stop")));
      expect(readdirSync(dir.path)).toEqual([]);
    }
    await Promise.all(rivals.map((rival) => rival.kill()));
  });
});

describe("listenOnUnix() without libc", () => {
  const WITHOUT_JIT = { BUN_JSC_useJIT: "0" };

  test.skipIf(!isRoot)("admits only our own user, or a group", async () => {
    await using dir = new TempDir();
    for (const [group, mode] of [
      ["", "600"],
      [GROUP, "660"],
    ] as const) {
      const path = join(dir.path, `socket${mode}`);
      const rival = new Rival(path, WITHOUT_JIT, group);
      expect(await rival.say("listen")).toBe("listening");
      expect([await ask(path), modeOf(path)]).toEqual(["welcome", mode]);
      if (group !== "") expect(lstatSync(path).gid).not.toBe(process.getgid?.() ?? -1);
      expect(await rival.say("stop")).toBe("stopped");
      await rival.kill();
    }
    expect(readdirSync(dir.path)).toEqual([]);
  });

  test("does not touch an existing file, which may not be stale", async () => {
    await using dir = new TempDir();
    const path = join(dir.path, "socket");
    await leaveStale(path);
    const rival = new Rival(path, WITHOUT_JIT);
    expect(await rival.say("listen")).toBe("in use");
    expect(readdirSync(dir.path)).toEqual(["socket"]);
    await rival.kill();
  });

  test("does not remove the socket of another process", async () => {
    await using dir = new TempDir();
    const path = join(dir.path, "socket");
    const [first, second] = [new Rival(path, WITHOUT_JIT), new Rival(path, WITHOUT_JIT)];
    expect(await first.say("listen")).toBe("listening");
    unlinkSync(path);
    expect(await second.say("listen")).toBe("listening");
    expect(await first.say("stop")).toBe("stopped");
    expect(await ask(path)).toBe("welcome");
    await Promise.all([first.kill(), second.kill()]);
  });
});

/** Another process that listens on a socket on command. */
class Rival {
  readonly #child: Bun.Subprocess<"pipe", "pipe", "inherit">;
  readonly #lines: AsyncIterator<string>;

  constructor(path: string, variables: Readonly<Record<string, string>> = {}, group = "") {
    const command = [process.execPath, join(import.meta.dirname, "rival.ts"), path, group];
    const env = { ...process.env, ...variables };
    this.#child = Bun.spawn(command, { stdin: "pipe", stdout: "pipe", stderr: "inherit", env });
    this.#lines = this.#read();
  }

  /** Sends a command; returns the outcome. */
  async say(word: "listen" | "stop"): Promise<string> {
    void this.#child.stdin.write(`${word}\n`);
    void this.#child.stdin.flush();
    return ((await this.#lines.next()).value as string | undefined) ?? "";
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }

  async *#read(): AsyncGenerator<string> {
    let rest = "";
    for await (const chunk of this.#child.stdout) {
      const parts = (rest + new TextDecoder().decode(chunk)).split("\n");
      rest = parts.pop() ?? "";
      yield* parts;
    }
  }
}
