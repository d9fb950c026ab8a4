import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { rm, writeFile } from "node:fs/promises";
import { NotifySocket } from "../../support/notify-socket.ts";
import { POETRY, run, RunningProgram, RunningService } from "../../support/program.ts";
import { TempDir } from "../../support/temp-dir.ts";

setDefaultTimeout(60_000);

const WITHOUT_JIT = ["env", "BUN_JSC_useJIT=0"];

/** Writable memory cannot be executed, as under MemoryDenyWriteExecute=yes since systemd 256. */
const PR_SET_MDWE =
  "import ctypes, os, sys; ctypes.CDLL(None).prctl(65, 1, 0, 0, 0) and sys.exit(9); os.execvp(sys.argv[1], sys.argv[1:])";
const WITHOUT_EXECUTABLE_MEMORY = ["python3", "-c", PR_SET_MDWE];

const hasMdwe = Bun.spawnSync([...WITHOUT_EXECUTABLE_MEMORY, "true"]).exitCode === 0;
if (!hasMdwe) console.warn("NOT RUN: poetry under PR_SET_MDWE, which is in Linux from 6.3 on");

/** A `poetry up` that notifies `socket`. */
async function upAt(socket: NotifySocket, dir: TempDir, wrapper: readonly string[] = ["env"]) {
  await dir.write("poem.txt", "Busy old fool\n");
  const file = await dir.write(
    "poetry.toml",
    '[control]\nsocket = "control.sock"\n[serve.poem]\nfile = "poem.txt"\nlisten = "unix:poem.sock"\n'.replace(
      /"(unix:)?([a-z]+\.sock)"/g,
      (_, unix = "", name) => `"${unix}${dir.path}/${name}"`,
    ),
  );
  const environment = [`NOTIFY_SOCKET=${socket.path}`, "WATCHDOG_USEC=2000000"];
  const program = new RunningProgram(["env", ...environment, ...wrapper, POETRY, "up", file]);
  const ctl = (...words: string[]) =>
    run(["env", `POETRY_CONTROL=${dir.path}/control.sock`, POETRY, "ctl", ...words]);
  return { program, file, ctl, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
}

describe.each([
  ["poetry up", ["env"]],
  ["poetry up without a JIT", WITHOUT_JIT],
  ...(hasMdwe ? [["poetry up under PR_SET_MDWE", WITHOUT_EXECUTABLE_MEMORY] as const] : []),
] as const)("%s", (_, wrapper) => {
  test("notifies its service manager when it is ready, reloads, fails to reload and stops, and that it is alive", async () => {
    await using dir = new TempDir();
    await using socket = await NotifySocket.open(`${dir.path}/notify`);
    await using up = await upAt(socket, dir, wrapper);
    const { program, file, ctl } = up;
    expect((await socket.until("READY")).STATUS).toBe(`Serving poem on unix:${dir.path}/poem.sock.`);
    expect(await run([POETRY, "get", `unix:${dir.path}/poem.sock`])).toMatchObject({ code: 0 });
    await socket.until("WATCHDOG");

    expect((await ctl("reload")).code).toBe(0);
    const { STATUS } = await socket.until("READY", 1);
    expect(STATUS).not.toContain("failed");

    const text = await Bun.file(file).text();
    await writeFile(file, `${text}delya = 1\n`);
    program.signal("SIGHUP");
    expect((await socket.until("READY", 2)).STATUS).toContain("The last reload failed: ");

    await writeFile(file, text);
    program.signal("SIGHUP");
    expect((await socket.until("READY", 3)).STATUS).not.toContain("failed");

    program.signal("SIGTERM");
    await socket.until("STOPPING");
    expect(await program.exited).toBe(0);
    const sequence = socket.told
      .map(({ news }) => Object.keys(news)[0])
      .filter((each) => each !== "WATCHDOG");
    expect(sequence.join(" ")).toBe("READY RELOADING READY RELOADING READY RELOADING READY STOPPING");
  });
});

test("a service of flags notifies its service manager that it is ready, and that it stops", async () => {
  await using dir = new TempDir();
  await using socket = await NotifySocket.open(`@poetry-flags-${process.pid}`);
  const poem = await dir.write("poem.txt", "Busy old fool\n");
  await using service = await RunningService.startBy(["env", `NOTIFY_SOCKET=${socket.path}`], "serve", poem);
  const { STATUS } = await socket.until("READY");
  expect(STATUS).toStartWith("Serving main on 127.0.0.1:");
  service.signal("SIGTERM");
  await socket.until("STOPPING");
  expect(await service.exited).toBe(0);
  expect(new Set(socket.told.map(({ pid }) => pid))).toEqual(new Set([service.pid]));
});

test("a service whose manager does not listen says so once, and serves", async () => {
  await using dir = new TempDir();
  const socket = await NotifySocket.open(`${dir.path}/notify`);
  await using up = await upAt(socket, dir);
  const { program, ctl } = up;
  await socket.until("READY");
  await socket[Symbol.asyncDispose]();
  await rm(socket.path);
  for (let i = 0; i < 3; i++) expect((await ctl("reload")).code).toBe(0);
  expect(await run([POETRY, "get", `unix:${dir.path}/poem.sock`])).toMatchObject({ code: 0 });
  program.signal("SIGTERM");
  expect(await program.exited).toBe(0);
  await program.silent;
  expect(program.lines.filter((line) => line.includes("service manager"))).toEqual([
    `warn: Cannot tell the service manager at ${socket.path}: no such file (ENOENT).`,
  ]);
});

test("a filter does not inherit the environment variables that systemd sets for its service only", async () => {
  await using dir = new TempDir();
  await using socket = await NotifySocket.open(`${dir.path}/notify`);
  const variables = [
    `NOTIFY_SOCKET=${socket.path}`,
    "WATCHDOG_USEC=9000000",
    "LISTEN_FDS=1",
    "LISTEN_PID=1",
    "LISTEN_FDNAMES=x",
    "KEPT=1",
  ];
  await using server = await RunningService.startBy(
    ["env", ...variables],
    "transform-serve",
    "--filter",
    "env=env",
  );
  const poem = await dir.write("poem.txt", "x");
  await using origin = await RunningService.start("serve", poem);
  const { stdout } = await run([
    POETRY,
    "get",
    `${origin.port}`,
    "--transform",
    "env",
    "--via",
    `${server.port}`,
  ]);
  expect(stdout.toString()).toContain("KEPT=1\n");
  expect(stdout.toString()).not.toMatch(/^(NOTIFY|WATCHDOG|LISTEN)_/m);
});
