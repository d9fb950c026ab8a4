import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFile } from "node:fs/promises";
import { NotifySocket } from "../../support/notify-socket.ts";
import { certificates } from "../../support/own-certificates.ts";
import { POETRY, run, RunningProgram, RunningService } from "../../support/program.ts";
import { Sandbox, sandboxes, type Memory } from "../../support/sandbox.ts";

setDefaultTimeout(60_000);

const POEM = "Busy old fool, unruly Sun,\nWhy dost thou thus\n";
const made = certificates();

if (!sandboxes.possible) console.warn(`NOT RUN: poetry under the restrictions of its unit: ${sandboxes.why}`);

/** How many lines say that poetry runs without libc. */
function goesWithout({ lines }: RunningProgram): number {
  return lines.filter((line) => line.startsWith("bun:ffi does not work")).length;
}

describe.skipIf(!sandboxes.possible && process.env.POETRY_PEERS !== "required").each<[string, Memory]>([
  ["under the restrictions of its unit", "jit"],
  ["under the restrictions of its unit and MemoryDenyWriteExecute=yes", "mdwe"],
])("poetry %s", (_, memory) => {
  const notices = memory === "jit" ? 0 : 1;

  test("is a poem server, a cache in front of it, and a client", async () => {
    await using sandbox = new Sandbox(memory);
    const inside = sandbox.wrapper();
    await using server = await RunningService.startBy(inside, "serve", await sandbox.write("poem.txt", POEM));
    await using proxy = await RunningService.startBy(inside, "proxy", `${server.port}`);
    for (let i = 0; i < 3; i++) {
      const { stdout, code } = await run([...inside, POETRY, "get", `${proxy.port}`]);
      expect({ code, text: stdout.toString() }).toEqual({ code: 0, text: POEM });
    }
    await server.untilCount("Sending ", 1);
    expect([server, proxy].map(goesWithout)).toEqual([notices, notices]);
  });

  test("runs the services of a file: takes orders, speaks TLS, keeps answers, and notifies systemd", async () => {
    await using sandbox = new Sandbox(memory);
    await sandbox.write("poem.txt", POEM);
    const { certificate, key } = made.issue("server");
    for (const [from, to] of [
      [made.authority.certificate, "ca"],
      [certificate, "cert"],
      [key, "key"],
    ] as const)
      await copyFile(from.file, sandbox.pathOf(`${to}.pem`));
    const file = await sandbox.write("poetry.toml", configuration(sandbox));
    await using socket = await NotifySocket.open(sandbox.pathOf("notify"));
    const place = { RUNTIME_DIRECTORY: sandbox.pathOf("run") };
    const inside = sandbox.wrapper({ NOTIFY_SOCKET: socket.path, ...place });
    const poetry = (...words: string[]) => run([...sandbox.wrapper(place), POETRY, ...words]);
    const text = async (...words: string[]) => (await poetry("get", ...words)).stdout.toString();
    {
      await using up = new RunningProgram([...inside, POETRY, "up", file]);
      expect((await socket.until("READY")).STATUS).toStartWith("Serving poem on unix:");
      for (const name of ["open", "secret", "open"])
        expect(await text(`unix:${sandbox.pathOf(`run/${name}`)}`)).toBe(POEM);
      const { stdout } = await poetry("ctl", "status");
      expect(stdout.toString()).toContain("secret");
      expect(await poetry("ctl", "reload")).toMatchObject({ code: 0 });
      await socket.until("READY", 1);
      expect(await poetry("ctl", "drain")).toMatchObject({ code: 0 });
      expect(await up.exited).toBe(0);
      await socket.until("STOPPING");
      expect(goesWithout(up)).toBe(notices);
      expect(up.lines.filter((line) => /^(warn|error)/.test(line))).toEqual([]);
    }
    await sandbox.write("poem.txt", "Another poem\n");
    await using again = new RunningProgram([...inside, POETRY, "up", file]);
    await socket.until("READY", 2);
    expect(await text(`unix:${sandbox.pathOf("run/poem")}`)).toBe("Another poem\n");
    expect(await text(`unix:${sandbox.pathOf("run/open")}`)).toBe(POEM); // From the store.
    expect(goesWithout(again)).toBe(notices);
  });
});

/** A poem, a proxy that fetches it in the clear, and one that fetches it over TLS; all listen on Unix sockets. */
function configuration(sandbox: Sandbox): string {
  const at = (name: string) => JSON.stringify(`unix:${sandbox.pathOf(`run/${name}`)}`);
  return `
    [store]
    file = ${JSON.stringify(sandbox.pathOf("state/store.db"))}
    [serve.poem]
    file = "poem.txt"
    listen = ${at("poem")}
    [serve.encrypted]
    file = "poem.txt"
    listen = ${at("encrypted")}
    tls-cert = "cert.pem"
    tls-key = "key.pem"
    [proxy.open]
    upstream = [${at("poem")}]
    listen = ${at("open")}
    [proxy.secret]
    upstream = [${at("encrypted")}]
    upstream-tls = true
    upstream-ca = "ca.pem"
    upstream-name = "localhost"
    listen = ${at("secret")}
  `;
}
