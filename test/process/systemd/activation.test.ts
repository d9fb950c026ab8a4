import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { closedPorts } from "../../support/closed-port.ts";
import { POETRY, run, RunningProgram } from "../../support/program.ts";
import { TempDir } from "../../support/temp-dir.ts";

setDefaultTimeout(60_000);

const POEM = "Busy old fool\n";
const ACTIVATOR = "systemd-socket-activate";

const canActivate = Bun.which(ACTIVATOR) !== null;
if (!canActivate) console.warn(`NOT RUN: activation by sockets: there is no ${ACTIVATOR}`);

/** `poetry`, started by the first client of one of these named sockets. */
function activated(sockets: readonly (readonly [name: string, place: string])[], ...words: string[]) {
  const places = sockets.flatMap(([, place]) => ["-l", place]);
  const names = sockets.map(([name]) => name).join(":");
  return new RunningProgram([ACTIVATOR, ...places, `--fdname=${names}`, ...words]);
}

async function textAt(address: string): Promise<string> {
  return (await run([POETRY, "get", address])).stdout.toString();
}

/** Once the sockets are open. */
function listening(program: RunningProgram, count: number): Promise<void> {
  return program.untilCount("Listening on ", count);
}

describe.skipIf(!canActivate && process.env.POETRY_PEERS !== "required").each([
  ["", []],
  [" without a JIT", ["-E", "BUN_JSC_useJIT=0"]],
])("poetry that is activated by sockets%s", (_, environment) => {
  test("serves each with the service of its name, across a reload and an upgrade, and does not touch their files", async () => {
    await using dir = new TempDir();
    await dir.write("poem.txt", POEM);
    const [poem, cached, metrics] = closedPorts(3) as [number, number, number];
    const path = `${dir.path}/poem.sock`;
    const file = await dir.write(
      "poetry.toml",
      `[metrics]\nlisten = "127.0.0.1:${metrics}"
       [serve.poem]\nfile = "poem.txt"\nlisten = ["127.0.0.1:${poem}", "unix:${path}"]
       [proxy.cached]\nupstream = ["127.0.0.1:${poem}"]\n`,
    );
    await using program = activated(
      [
        ["poem", `127.0.0.1:${poem}`],
        ["poem", path],
        ["cached", `[::1]:${cached}`],
        ["metrics", `127.0.0.1:${metrics}`],
      ],
      ...environment,
      POETRY,
      "up",
      file,
    );
    await listening(program, 4);
    const served = async () => {
      for (const address of [`unix:${path}`, `${poem}`, `[::1]:${cached}`])
        expect(await textAt(address)).toBe(POEM);
      const { status } = await fetch(`http://127.0.0.1:${metrics}/ready`);
      expect(status).toBe(200);
    };
    await served(); // The first of them started it.
    program.signal("SIGHUP");
    await program.until((line) => line.startsWith("Reloaded: 2 services, 0 added, 0 removed"));
    await served();
    program.signal("SIGUSR2");
    const line = await program.until((each) => each.startsWith("Upgraded: process "));
    const successor = Number(/\d+/.exec(line)?.[0]);
    try {
      expect(await program.exited).toBe(0);
      await served();
    } finally {
      process.kill(successor, "SIGTERM");
    }
    await program.silent;
    expect(existsSync(path)).toBe(true);
  });

  test("serves the only one with the service that flags describe, whatever its name", async () => {
    await using dir = new TempDir();
    const [port] = closedPorts(1) as [number];
    const command = [POETRY, "serve", await dir.write("poem.txt", POEM)];
    await using program = activated([["whatever", `127.0.0.1:${port}`]], ...environment, ...command);
    await listening(program, 1);
    expect(await textAt(`${port}`)).toBe(POEM);
    await program.until((line) => line.endsWith(` on 127.0.0.1:${port}.`));
  });

  test("does not start with a socket that belongs to no service, or to another one", async () => {
    await using dir = new TempDir();
    await dir.write("poem.txt", POEM);
    const [port, other] = closedPorts(2) as [number, number];
    const file = await dir.write("poetry.toml", `[serve.poem]\nfile = "poem.txt"\nport = ${port}\n`);
    for (const [name, at, words] of [
      [
        "poem",
        other,
        `error: No service uses these sockets of the service manager: poem on 127.0.0.1:${other}. `,
      ],
      [
        "poems",
        port,
        `poem: error: Cannot listen on 127.0.0.1:${port}: the service manager has opened it for poems `,
      ],
    ] as const) {
      await using program = activated([[name, `127.0.0.1:${at}`]], ...environment, POETRY, "up", file);
      await listening(program, 1);
      expect(await textAt(`${at}`)).toBe("");
      expect(await program.exited).toBe(1);
      await program.silent;
      expect(program.lines.filter((line) => line.startsWith(words))).toHaveLength(1);
    }
  });
});
