import { describe, expect, test } from "bun:test";
import { existsSync, lstatSync, symlinkSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { HttpServer } from "../../src/admin/server.ts";
import { controlSockets, openControlSocket } from "../../src/process/control-socket.ts";
import { systemClock as clock } from "../../src/time/clock.ts";
import { poetry } from "../support/program.ts";
import { TempDir } from "../support/temp-dir.ts";

const routes = {};

function open(path: string, group?: string) {
  return openControlSocket({ path, group }, clock, (address) => {
    return new HttpServer({ address, clock, routes, guard: () => {}, maxClients: 2, failed: () => {} });
  });
}

/** A socket file where nobody listens, as a killed process leaves it. */
async function leaveStale(path: string): Promise<void> {
  const killed = Bun.spawn([
    process.execPath,
    "-e",
    `Bun.listen({ unix: ${JSON.stringify(path)}, socket: { data() {} } }); process.kill(process.pid, "SIGKILL")`,
  ]);
  await killed.exited;
  expect(existsSync(path)).toBe(true);
}

test.each([
  [{}, ["/run/poetry-proxy/control.sock"]],
  [{ POETRY_CONTROL: "/x.sock", RUNTIME_DIRECTORY: "/run/a" }, ["/x.sock"]],
  [{ RUNTIME_DIRECTORY: "/run/a:/run/b" }, ["/run/a/control.sock", "/run/poetry-proxy/control.sock"]],
  [{ RUNTIME_DIRECTORY: "/run/poetry-proxy" }, ["/run/poetry-proxy/control.sock"]],
])("controlSockets() with %j are %j", (environment, places) => {
  expect(controlSockets(environment)).toEqual(places);
});

describe("openControlSocket()", () => {
  test("makes a socket that only its owner can use, and removes it at the end", async () => {
    await using dir = new TempDir();
    const path = join(dir.path, "control.sock");
    const socket = await open(path);
    const { mode, uid } = lstatSync(path);
    expect([(mode & 0o777).toString(8), uid]).toEqual(["600", process.getuid?.() ?? 0]);
    expect(existsSync(`${path}.${process.pid}`)).toBe(false);
    socket.opened.abort();
    socket.remove();
    expect(existsSync(path)).toBe(false);
  });

  test("replaces one that is left to it at once, which the previous one neither uses nor removes", async () => {
    await using dir = new TempDir();
    const path = join(dir.path, "control.sock");
    const before = await open(path);
    const after = await openControlSocket({ path, isLeft: true }, clock, (address) => {
      return new HttpServer({ address, clock, routes, guard: () => {}, maxClients: 2, failed: () => {} });
    });
    expect([before.isInPlace(), after.isInPlace()]).toEqual([false, true]);
    before.opened.abort();
    before.remove();
    expect(existsSync(path)).toBe(true);
    after.opened.abort();
    after.remove();
    expect(existsSync(path)).toBe(false);
  });

  test("restores the umask", async () => {
    await using dir = new TempDir();
    const before = process.umask();
    const socket = await open(join(dir.path, "control.sock"));
    expect(process.umask()).toBe(before);
    socket.opened.abort();
  });

  test.if(process.getuid?.() === 0)("admits a group", async () => {
    await using dir = new TempDir();
    const path = join(dir.path, "control.sock");
    const socket = await open(path, "daemon");
    const { mode, gid } = lstatSync(path);
    expect([(mode & 0o777).toString(8), gid]).toEqual(["660", 1]);
    socket.opened.abort();
  });

  test("takes a group without a socket for a mistake", async () => {
    for (const command of ["serve", "up"]) {
      await using dir = new TempDir();
      const file = await dir.write("poem.toml", "[serve.x]\nfile = 'poem.toml'\nport = 0\n");
      const { code, stderr } = await poetry(command, file, "--control-group", "0");
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: `poetry ${command}: A group for the control socket has no effect without a socket: --control PATH, or RuntimeDirectory= of systemd.\nTry "poetry ${command} --help".\n`,
      });
    }
  });

  test("finds a group by its number as well", async () => {
    await using dir = new TempDir();
    const group = process.getgid?.() ?? 0;
    const socket = await open(join(dir.path, "control.sock"), `${group}`);
    expect(lstatSync(join(dir.path, "control.sock")).gid).toBe(group);
    socket.opened.abort();
    socket.remove();
  });

  test("fails if there is no such group", async () => {
    await using dir = new TempDir();
    const path = join(dir.path, "control.sock");
    expect(await failure(open(path, "nobodies"))).toBe(
      `Cannot open the control socket ${path}: there is no group called nobodies`,
    );
    expect(existsSync(path)).toBe(false);
  });

  test("replaces a stale socket", async () => {
    await using dir = new TempDir();
    const path = join(dir.path, "control.sock");
    await leaveStale(path);
    const socket = await open(path);
    const { status } = await fetch("http://localhost/", { unix: path });
    expect(status).toBe(404);
    socket.opened.abort();
  });

  test("does not touch a socket that another process uses", async () => {
    await using dir = new TempDir();
    const path = join(dir.path, "control.sock");
    const other = createServer().listen(path);
    await new Promise((resolve) => other.once("listening", resolve));
    expect(await failure(open(path))).toBe(
      `Cannot open the control socket ${path}: another process is listening there`,
    );
    expect(lstatSync(path).isSocket()).toBe(true);
    other.close();
  });

  test("does not touch a file that is not a socket, nor the target of a link", async () => {
    await using dir = new TempDir();
    const file = await dir.write("file", "precious");
    const link = join(dir.path, "link");
    symlinkSync(file, link);
    for (const path of [file, link])
      expect(await failure(open(path))).toBe(
        `Cannot open the control socket ${path}: a file that is not a socket is in its place`,
      );
    expect(await Bun.file(file).text()).toBe("precious");
  });

  test("names a missing directory", async () => {
    expect(await failure(open("/nowhere/control.sock"))).toStartWith(
      "Cannot open the control socket /nowhere/control.sock: ",
    );
  });

  test("does not remove the socket of a process that has replaced it", async () => {
    await using dir = new TempDir();
    const path = join(dir.path, "control.sock");
    const first = await open(path);
    first.opened.abort();
    const second = await open(path);
    first.remove();
    expect(existsSync(path)).toBe(true);
    second.opened.abort();
    second.remove();
    expect(existsSync(path)).toBe(false);
  });
});

async function failure(opening: PromiseLike<unknown>): Promise<string> {
  try {
    await opening;
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}
