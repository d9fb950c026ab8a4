import {
  chmodSync,
  existsSync,
  lstatSync,
  readFileSync,
  readlinkSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { mkdir } from "node:fs/promises";
import { constants } from "node:os";
import { join } from "node:path";
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { closedPort, closedPorts } from "../support/closed-port.ts";
import { NotifySocket } from "../support/notify-socket.ts";
import { POEM, recite, whole } from "../support/poem.ts";
import { poetry, POETRY } from "../support/program.ts";
import { ScriptedPeer } from "../support/scripted-peer.ts";
import { TempDir } from "../support/temp-dir.ts";
import { Upgradable, type UpgradableOptions } from "../support/upgradable.ts";
import { isRunning, untilGone, untilListening, untilThere } from "../support/until.ts";
import { visit, Visitor } from "../support/visitor.ts";

setDefaultTimeout(60_000);

/** The table of a service that serves the poem NAME.txt. */
function tableOf(name: string, rest: string): string {
  return `[serve.${name}]\nfile = "${name}.txt"\n${rest}\n`;
}

async function poemAt(port: number): Promise<string> {
  const { bytes, end } = await visit(port);
  return end === "fin" ? bytes.toString() : end;
}

/** `poetry serve` of a poem, on a port, upgradable. */
class Served implements AsyncDisposable {
  readonly dir = new TempDir();
  readonly port = closedPort();
  readonly socket = join(this.dir.path, "control.sock");
  readonly poem: Promise<string>;
  service: Upgradable | undefined;

  constructor() {
    this.poem = this.dir.write("poem", POEM);
  }

  async begin(args: readonly string[] = [], options: UpgradableOptions = {}): Promise<Upgradable> {
    const command = ["serve", await this.poem, "--port", `${this.port}`, "--control", this.socket, ...args];
    const service = new Upgradable(this.dir, command, { socket: this.socket, ...options });
    this.service = service;
    await service.until((line) => line.startsWith("Serving /"));
    return service;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.service?.[Symbol.asyncDispose]();
    await this.dir[Symbol.asyncDispose]();
  }
}

describe("SIGUSR2", () => {
  test("lets the file that replaced the executable take over; the old process drains and exits with 0", async () => {
    await using served = new Served();
    const service = await served.begin();
    const { pid } = service;
    service.install();
    await service.upgradeBySignal();
    expect(await service.exited).toBe(0);
    expect(service.pid).not.toBe(pid);
    expect(await poemAt(served.port)).toBe(POEM);
    await service.until((line) => line === `Took over from process ${pid}.`);
    expect(service.lines.filter((line) => /^(Upgrad|Stopped)/.test(line))).toEqual([
      `Upgrading: starting ${service.executable}.`,
      `Upgraded: process ${service.pid} (poetry 0.1.0) has taken over.`,
      "Stopped on upgrade.",
    ]);
    await service.stop();
    expect(service.lines.at(-1)).toStartWith("Stopped on SIGTERM");
  });

  test.each(["transform-serve", "transform-proxy"])(
    "upgrades %s as well, on any port that it has",
    async (command) => {
      await using dir = new TempDir();
      await using upstream = new ScriptedPeer();
      const args = command === "transform-proxy" ? [`${upstream.port}`] : [];
      await using service = new Upgradable(dir, [command, ...args, "--port", "0"]);
      const port = / on [^ ]*:(\d+)\.$/;
      const [, before] = port.exec(await service.until((line) => port.test(line))) ?? [];
      await service.upgradeBySignal();
      const ports = () => service.lines.flatMap((line) => port.exec(line)?.[1] ?? []);
      await service.until(() => ports().length > 1);
      expect(ports()).toEqual([before as string, before as string]);
      await service.stop();
    },
  );

  test("follows the link through which the program was started, to its present target", async () => {
    await using served = new Served();
    const link = join(served.dir.path, "current");
    symlinkSync("poetry", link);
    await using linked = new Upgradable(
      served.dir,
      ["serve", await served.poem, "--port", `${served.port}`],
      { called: link },
    );
    await linked.until((line) => line.startsWith("Serving /"));
    renameSync(linked.executable, join(served.dir.path, "other"));
    symlinkSync("other", `${link}.new`);
    renameSync(`${link}.new`, link);
    await linked.upgradeBySignal();
    expect(readlinkSync(`/proc/${linked.pid}/exe`)).toBe(join(served.dir.path, "other"));
    expect(readFileSync(`/proc/${linked.pid}/cmdline`, "utf8")).toStartWith(`${link}\0`);
    expect(await poemAt(served.port)).toBe(POEM);
    await linked.stop();
  });
});

describe("an upgrade", () => {
  test("lets present clients finish: those who wait for an answer, and those who have not sent a request yet", async () => {
    await using dir = new TempDir();
    await using upstream = new ScriptedPeer();
    const port = closedPort();
    await using proxy = new Upgradable(dir, [
      "proxy",
      `${upstream.port}`,
      "--port",
      `${port}`,
      "--request",
      "line",
    ]);
    await proxy.until((line) => line.startsWith("Proxying "));
    const silent = new Visitor(port);
    const waiting = new Visitor(port, (socket) => void socket.write("a\n"));
    const asked = await upstream.connection();
    await silent.connected;
    await proxy.upgradeBySignal();
    await proxy.until((line) => line === "Shutting down on upgrade: waiting up to 10s for 2 clients.");
    await silent.send("b\n");
    const other = await upstream.connection(1);
    recite(asked);
    recite(other);
    expect([await waiting.visit, await silent.visit]).toEqual([whole, whole]);
    expect(await proxy.exited).toBe(0);
    await proxy.stop();
  });

  test("waits for the clients of the old process when the new one is told to stop, unless told again", async () => {
    for (const isHasty of [false, true]) {
      await using dir = new TempDir();
      await using upstream = new ScriptedPeer();
      const port = closedPort();
      const args = ["proxy", `${upstream.port}`, "--port", `${port}`, "--request", "line"];
      await using proxy = new Upgradable(dir, args);
      await proxy.until((line) => line.startsWith("Proxying "));
      const waiting = new Visitor(port, (socket) => void socket.write("a\n"));
      const asked = await upstream.connection();
      const old = proxy.pid;
      await proxy.upgradeBySignal();
      await proxy.until((line) => line === `Took over from process ${old}.`);
      proxy.signal("SIGTERM");
      await proxy.until((line) => line === "Stopped on SIGTERM.");
      expect(await poemAt(port)).toBe("refused");
      expect(isRunning(proxy.pid)).toBe(true); // systemd would kill the old process when this one ends.
      proxy.signal("SIGTERM", old); // As systemd does, which signals every process of a service.
      if (isHasty) proxy.signal("SIGTERM");
      else recite(asked);
      expect((await waiting.visit).end).toBe(isHasty ? "reset" : "fin");
      expect(await proxy.exited).toBe(isHasty ? 128 + constants.signals.SIGABRT : 0);
      await untilGone(proxy.pid);
    }
  });

  test("waits for an old process that hangs no longer than for its clients", async () => {
    await using dir = new TempDir();
    await using upstream = new ScriptedPeer();
    const port = closedPort();
    const args = ["proxy", `${upstream.port}`, "--port", `${port}`, "--drain-timeout", "300ms"];
    await using proxy = new Upgradable(dir, args);
    await proxy.until((line) => line.startsWith("Proxying "));
    const waiting = new Visitor(port);
    await upstream.connection();
    const old = proxy.pid;
    await proxy.upgradeBySignal();
    proxy.signal("SIGSTOP", old);
    await proxy.until((line) => line === `Took over from process ${old}.`);
    proxy.signal("SIGTERM");
    await untilGone(proxy.pid);
    proxy.signal("SIGCONT", old);
    expect((await waiting.visit).end).toBe("reset");
    expect(await proxy.exited).toBe(1);
  });

  test("uses the present settings of the file, as a reload does", async () => {
    await using dir = new TempDir();
    const [kept = 0, moved = 0, there = 0, gone = 0] = closedPorts(4);
    const unix = join(dir.path, "poem.sock");
    const socket = join(dir.path, "control.sock");
    const head = `[control]\nsocket = "${socket}"\n`;
    for (const name of ["kept", "moved", "gone", "unix", "added"]) await dir.write(`${name}.txt`, name);
    const file = await dir.write(
      "poetry.toml",
      `${head}${tableOf("kept", `port = ${kept}`)}${tableOf("moved", `port = ${moved}`)}${tableOf("gone", `port = ${gone}\ndelay = "20ms"\nnum-bytes = 1`)}${tableOf("unix", `listen = ["unix:${unix}"]`)}`,
    );
    await using up = new Upgradable(dir, ["up", file], { socket });
    await up.until((line) => line.startsWith("unix: Serving"));
    const { ino } = lstatSync(unix);
    const leaving = new Visitor(gone);
    await leaving.connected;
    await dir.write("kept.txt", "changed");
    await dir.write(
      "poetry.toml",
      `${head}${tableOf("kept", `port = ${kept}`)}${tableOf("moved", `port = ${there}`)}${tableOf("added", `port = 0`)}${tableOf("unix", `listen = ["unix:${unix}"]\nsocket-mode = "0666"`)}`,
    );
    const told = up.lines.length;
    expect((await up.upgrade()).stderr).toBe("");
    expect(await up.exited).toBe(0);
    expect((await leaving.visit).bytes.toString()).toBe("gone");
    expect(await Promise.all([kept, moved, there, gone].map(poemAt))).toEqual([
      "changed",
      "refused",
      "moved",
      "refused",
    ]);
    await up.until(() => up.lines.slice(told).some((line) => line.startsWith("added: Serving")));
    const { bytes } = await new Visitor({ path: unix }).visit;
    const after = lstatSync(unix);
    expect([bytes.toString(), after.ino, after.mode & 0o777]).toEqual(["unix", ino, 0o666]);
    expect((await poetry("ctl", "status", "--quiet", "--socket", socket)).code).toBe(0);
    await up.stop();
    expect([existsSync(unix), existsSync(socket)]).toEqual([false, false]);
  });

  test("that fails because a port is taken leaves Unix sockets unchanged", async () => {
    await using dir = new TempDir();
    const unix = join(dir.path, "poem.sock");
    const socket = join(dir.path, "control.sock");
    const poem = await dir.write("poem.txt", POEM);
    using taken = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    const write = (mode: string, rest: string) =>
      dir.write(
        "poetry.toml",
        `[control]\nsocket = "${socket}"\n[serve.poem]\nfile = "${poem}"\nlisten = ["unix:${unix}"${rest}]\nsocket-mode = "${mode}"\n`,
      );
    const file = await write("0600", "");
    await using up = new Upgradable(dir, ["up", file], { socket });
    await up.until((line) => line.startsWith("poem: Serving"));
    await write("0666", `, "${taken.port}"`);
    expect((await up.upgrade()).code).toBe(1);
    expect((await new Visitor({ path: unix }).visit).bytes.toString()).toBe(POEM);
    expect(lstatSync(unix).mode & 0o777).toBe(0o600);
    await up.stop();
    expect(existsSync(unix)).toBe(false);
  });

  test("keeps the log file, which SIGUSR1 reopens in the new process", async () => {
    await using dir = new TempDir();
    const poem = await dir.write("poem", POEM);
    const log = join(dir.path, "poetry.log");
    const socket = join(dir.path, "control.sock");
    const args = ["serve", poem, "--port", "0", "--log-file", log, "--control", socket];
    await using service = new Upgradable(dir, args, { socket });
    await untilListening({ path: `${socket}.${service.pid}` });
    await service.upgrade();
    await service.exited;
    renameSync(log, `${log}.1`);
    service.signal("SIGUSR1");
    await untilThere(log);
    await service.stop();
    expect(readFileSync(`${log}.1`, "utf8")).toMatch(/Upgrading: starting[^]*Took over from process/);
    expect(readFileSync(log, "utf8")).toEndWith("Stopped on SIGTERM.\n");
  });

  test("under nohup starts a process that ignores SIGHUP, too", async () => {
    await using served = new Served();
    const service = await served.begin([], { by: "nohup" });
    service.install();
    await service.upgradeBySignal();
    service.signal("SIGHUP");
    await service.exited;
    expect(await poemAt(served.port)).toBe(POEM);
    await service.stop();
    expect(service.lines.at(-1)).toStartWith("Stopped on SIGTERM");
  });

  test("passes on a socket that systemd opened", async () => {
    await using served = new Served();
    const opened = Bun.listen({ hostname: "127.0.0.1", port: served.port, socket: { data() {} } });
    const service = await served.begin([], {
      variables: { LISTEN_PID: "$$", LISTEN_FDS: "1" },
      inherited: [(opened as unknown as { fd: number }).fd],
    });
    opened.stop();
    for (let round = 0; round < 2; round++) {
      expect((await service.upgrade()).stderr).toBe("");
      expect(await poemAt(served.port)).toBe(POEM);
    }
    await service.stop();
  });

  test("works if libc cannot be called", async () => {
    await using served = new Served();
    const service = await served.begin([], { variables: { BUN_JSC_useJIT: "0" } });
    expect((await service.upgrade()).stderr).toBe("");
    expect(await service.exited).toBe(0);
    expect(await poemAt(served.port)).toBe(POEM);
    await service.stop();
  });

  test("names the new main process to the service manager before that one reports that it is ready", async () => {
    await using served = new Served();
    await using manager = await NotifySocket.open(join(served.dir.path, "notify"));
    const service = await served.begin([], {
      variables: { NOTIFY_SOCKET: manager.path, WATCHDOG_USEC: "10000000" },
    });
    const { pid } = service;
    await manager.until("READY");
    expect((await service.upgrade()).stderr).toBe("");
    await manager.until("READY", 1);
    const told = manager.told.flatMap(({ pid: from, news }) =>
      ["MAINPID", "READY", "STOPPING"].filter((name) => name in news).map((name) => [from, name, news[name]]),
    );
    expect(told).toEqual([
      [pid, "READY", "1"],
      [pid, "MAINPID", `${service.pid}`],
      [service.pid, "READY", "1"],
    ]);
    await service.stop();
    await manager.until("STOPPING");
  });
});

describe("an upgrade is refused", () => {
  test.each([
    [
      "the executable is writable by others",
      (path: string) => chmodSync(path, 0o757),
      "$ is writable by others",
    ],
    ["it is writable by its group", (path: string) => chmodSync(path, 0o775), "$ is writable by others"],
    [
      "its folder is writable by others",
      (path: string) => chmodSync(join(path, ".."), 0o777),
      "the folder $/.. is writable by others",
    ],
    [
      "it is not there",
      (path: string) => renameSync(path, `${path}.old`),
      "$ cannot be started: no such file (ENOENT)",
    ],
    [
      "it may not be started",
      (path: string) => chmodSync(path, 0o644),
      "$ cannot be started: permission denied (EACCES)",
    ],
    [
      "what is to run it is not there",
      (path: string) => {
        writeFileSync(`${path}.new`, "#! /no/such/sh -e\n", { mode: 0o755 });
        renameSync(`${path}.new`, path);
      },
      "$ cannot be started: there is no /no/such/sh, which is to run it",
    ],
  ])("if %s", async (_what, spoil, reason) => {
    await using served = new Served();
    const service = await served.begin();
    spoil(service.executable);
    const words = reason.replace("$/..", served.dir.path).replace("$", service.executable);
    const { code, stderr } = await service.upgrade();
    expect([code, stderr]).toEqual([1, `poetry ctl: Not upgraded: ${words}.\n`]);
    await service.until((line) => line === `error: Not upgraded: ${words}.`);
    expect(await poemAt(served.port)).toBe(POEM);
  });

  test("while one is under way, like a reload or any other order", async () => {
    await using dir = new TempDir();
    const socket = join(dir.path, "control.sock");
    await dir.write("poem.txt", POEM);
    const port = closedPort();
    const file = await dir.write(
      "poetry.toml",
      `[control]\nsocket = "${socket}"\n[serve.poem]\nfile = "poem.txt"\nport = ${port}\n`,
    );
    await using up = new Upgradable(dir, ["up", file], { socket });
    await up.until((line) => line.startsWith("poem: Serving"));
    up.install("exec sleep 100");
    const upgrade = up.upgrade();
    await up.until((line) => line.startsWith("Upgrading: "));
    up.signal("SIGUSR2");
    await up.until((line) => line === "error: Not upgraded: an upgrade is under way.");
    up.signal("SIGHUP");
    await up.until((line) => line === "error: Not reloaded: an upgrade is under way");
    for (const order of [["upgrade"], ["reload"], ["purge", "--all"]])
      expect((await poetry("ctl", ...order, "--socket", socket)).stderr).toBe(
        "poetry ctl: An upgrade is under way: try again in a moment.\n",
      );
    expect(await poemAt(port)).toBe(POEM);
    expect((await poetry("ctl", "drain", "--socket", socket)).code).toBe(0);
    expect((await upgrade).stderr).toBe(
      "poetry ctl: Not upgraded: this process was told to stop by ctl drain.\n",
    );
    expect(await up.exited).toBe(0);
  });

  test("if systemd would take the end of the process for that of its service", async () => {
    await using served = new Served();
    const service = await served.begin([], { variables: { SYSTEMD_EXEC_PID: "$$" } });
    expect((await service.upgrade()).stderr).toContain("use Type=notify");
    expect(await poemAt(served.port)).toBe(POEM);
  });
});

describe("an upgrade that fails ends whatever the new executable has started,", () => {
  test.each([
    ["which it waits for", "", "; wait", "it did not start serving within 300ms"],
    [
      "which does not end when it is told to",
      'trap "" TERM;',
      "; wait",
      "it did not start serving within 300ms",
    ],
    ["which it leaves behind", "", "; exit 3", "the new process ended with exit code 3"],
  ])("%s", async (_what, before, after, reason) => {
    await using served = new Served();
    const service = await served.begin(["--upgrade-timeout", "300ms"]);
    const started = join(served.dir.path, "started");
    service.install(`${before} sleep 100 & echo $! > ${started}.new; mv ${started}.new ${started}${after}`);
    const { stderr } = await service.upgrade();
    expect(isRunning(Number(readFileSync(started, "utf8")))).toBe(false);
    expect(stderr).toBe(`poetry ctl: Not upgraded: ${reason}.\n`);
    expect(await poemAt(served.port)).toBe(POEM);
    await service.stop();
  });
});

describe("a process that is told to stop while it is upgraded", () => {
  test.each([
    ["SIGTERM", 0],
    ["SIGABRT", 134],
  ] as const)("by %s ends the new one as well", async (signal, code) => {
    await using served = new Served();
    const service = await served.begin();
    const started = join(served.dir.path, "started");
    service.install(`echo $$ > ${started}.new; mv ${started}.new ${started}; exec sleep 100`);
    service.signal("SIGUSR2");
    await untilThere(started);
    service.signal(signal);
    expect(await service.exited).toBe(code);
    await untilGone(Number(readFileSync(started, "utf8")));
  });

  test("by nobody, but killed, leaves nothing behind", async () => {
    await using served = new Served();
    const service = await served.begin();
    const [started, go] = [join(served.dir.path, "started"), join(served.dir.path, "go")];
    service.install(
      `echo $$ > ${started}.new; mv ${started}.new ${started}; while ! test -e ${go}; do sleep 0.02; done; exec "${POETRY}" "$@"`,
    );
    service.signal("SIGUSR2");
    await untilThere(started);
    service.signal("SIGKILL");
    await service.exited;
    await mkdir(go);
    await service.until((line) => line === "error: The process that this one was to take over from is gone");
    await untilGone(Number(readFileSync(started, "utf8")));
    while ((await visit(served.port)).end !== "refused"); // Its last thread may still hold the socket.
  });
});
