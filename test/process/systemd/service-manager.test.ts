import { describe, expect, test } from "bun:test";
import { Deferred } from "../../../src/deferred/mod.ts";
import type { Given } from "../../../src/process/systemd/given.ts";
import { ServiceManager } from "../../../src/process/systemd/service-manager.ts";
import { ManualClock } from "../../../src/time/manual-clock.ts";
import { NotifySocket } from "../../support/notify-socket.ts";
import { TempDir } from "../../support/temp-dir.ts";

function managerAt(given: Partial<Given>, clock = new ManualClock()) {
  const failures: string[] = [];
  const manager = ServiceManager.of(
    { sockets: [], ...given },
    {
      clock,
      status: (why) => (why === undefined ? "Fine." : `Fine. ${why}`),
      failed: ({ message }) => failures.push(message),
    },
  );
  return { manager: manager as ServiceManager, clock, failures };
}

function withoutTime([name]: [string, string]): boolean {
  return name !== "MONOTONIC_USEC";
}

/** The notifications, without the process and the time. */
async function toldBy(socket: NotifySocket, manager: ServiceManager): Promise<unknown[]> {
  manager.tell({ X_THE_END: 1 });
  await socket.until("X_THE_END");
  return socket.told
    .slice(0, -1)
    .map(({ news }) => Object.fromEntries(Object.entries(news).filter(withoutTime)));
}

describe("ServiceManager", () => {
  test("is absent without a notify socket", () => {
    expect(managerAt({}).manager).toBeUndefined();
  });

  test("is notified that the process is ready, reloads and stops, at a path and at an abstract name", async () => {
    await using dir = new TempDir();
    for (const place of [`${dir.path}/notify`, `@poetry-test-${process.pid}`]) {
      await using socket = await NotifySocket.open(place);
      const { manager, clock } = managerAt({ notifySocket: place });
      manager.ready();
      const reload = new Deferred<string>();
      void manager.reload(() => reload);
      reload.callback("done");
      manager.stopping();
      clock.advance(10_000);
      void manager.close();
      clock.advance(60_000);
      expect(await toldBy(socket, manager)).toEqual([
        { READY: "1", STATUS: "Fine." },
        { RELOADING: "1", STATUS: "Reloading." },
        { READY: "1", STATUS: "Fine." },
        { STOPPING: "1", STATUS: "Stopping.", EXTEND_TIMEOUT_USEC: "30000000" },
        { EXTEND_TIMEOUT_USEC: "30000000" },
      ]);
      expect(new Set(socket.told.map(({ pid }) => pid))).toEqual(new Set([process.pid]));
    }
  });

  test("is told when a reload began, by its own clock", async () => {
    await using dir = new TempDir();
    await using socket = await NotifySocket.open(`${dir.path}/notify`);
    const { manager } = managerAt({ notifySocket: socket.path });
    const before = systemMonotonic();
    void manager.reload(() => new Deferred<string>());
    const { MONOTONIC_USEC: now = "" } = await socket.until("RELOADING");
    expect(Number(now)).toBeGreaterThanOrEqual(before);
    expect(Number(now)).toBeLessThanOrEqual(systemMonotonic());
  });

  test("is notified that the process is ready after a failed reload, and why it failed", async () => {
    await using dir = new TempDir();
    await using socket = await NotifySocket.open(`${dir.path}/notify`);
    const { manager } = managerAt({ notifySocket: socket.path });
    const reload = new Deferred<string>();
    const outcome = manager.reload(() => reload).addErrback((failure) => (failure.value as Error).message);
    reload.errback(new Error("a.toml:1:1: no\nb.toml:2:2: neither"));
    outcome.addCallback((message) => expect(message).toContain("neither"));
    expect((await toldBy(socket, manager)).at(-1)).toEqual({
      READY: "1",
      STATUS: "Fine. a.toml:1:1: no b.toml:2:2: neither",
    });
  });

  test("is notified that the process is ready when the last of several reloads has ended", async () => {
    await using dir = new TempDir();
    await using socket = await NotifySocket.open(`${dir.path}/notify`);
    const { manager } = managerAt({ notifySocket: socket.path });
    const reloads = [new Deferred<string>(), new Deferred<string>()] as const;
    for (const reload of reloads) void manager.reload(() => reload);
    reloads[0].callback("done");
    manager.tell({ X_BETWEEN: 1 });
    reloads[1].callback("done");
    const told = (await toldBy(socket, manager)) as Record<string, string>[];
    expect(told.map((news) => Object.keys(news)[0])).toEqual([
      "RELOADING",
      "RELOADING",
      "X_BETWEEN",
      "READY",
    ]);
  });

  test("is not notified of a reload that ends while the process stops", async () => {
    await using dir = new TempDir();
    await using socket = await NotifySocket.open(`${dir.path}/notify`);
    const { manager } = managerAt({ notifySocket: socket.path });
    const reload = new Deferred<string>();
    void manager.reload(() => reload);
    manager.stopping();
    reload.callback("done");
    const told = (await toldBy(socket, manager)) as Record<string, string>[];
    expect(told.map((news) => Object.keys(news)[0])).toEqual(["RELOADING", "STOPPING"]);
  });

  test("gets two watchdog messages per watchdog period, from the start and while the process stops", async () => {
    await using dir = new TempDir();
    await using socket = await NotifySocket.open(`${dir.path}/notify`);
    const { manager, clock } = managerAt({ notifySocket: socket.path, watchdog: 8_000 });
    clock.advance(20_000);
    manager.ready();
    clock.advance(4_000);
    clock.advance(4_000);
    manager.stopping();
    clock.advance(4_000);
    const told = (await toldBy(socket, manager)) as Record<string, string>[];
    expect(told.map((news) => Object.keys(news)[0])).toEqual([
      "READY",
      "WATCHDOG",
      "WATCHDOG",
      "STOPPING",
      "WATCHDOG",
    ]);
  });

  test("is told which process replaces this one, which is silent from then on", async () => {
    await using dir = new TempDir();
    await using socket = await NotifySocket.open(`${dir.path}/notify`);
    const { manager, clock } = managerAt({ notifySocket: socket.path, watchdog: 10_000 });
    manager.ready();
    manager.replacedBy(4242);
    manager.ready();
    clock.advance(60_000);
    expect(await toldBy(socket, manager)).toEqual([{ READY: "1", STATUS: "Fine." }, { MAINPID: "4242" }]);
  });

  test.each([
    ["/nowhere/notify", "no such file (ENOENT)"],
    ["vsock:2:1", "it is neither a path nor @ and a name"],
  ])("at %s is told nothing, which is said once", (notifySocket, why) => {
    const { manager, failures } = managerAt({ notifySocket });
    manager.ready();
    manager.stopping();
    expect(failures).toEqual([`Cannot tell the service manager at ${notifySocket}: ${why}`]);
  });
});

/** CLOCK_MONOTONIC in microseconds, according to another program. */
function systemMonotonic(): number {
  const { stdout } = Bun.spawnSync(["python3", "-c", "import time; print(time.monotonic_ns() // 1000)"]);
  return Number(stdout.toString());
}
