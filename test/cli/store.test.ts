import { expect, test } from "bun:test";
import { closedPort } from "../support/closed-port.ts";
import { StoreDir } from "../support/opened-store.ts";
import { POETRY, poetry, RunningProgram, RunningService } from "../support/program.ts";
import { ScriptedPeer, type PeerConnection } from "../support/scripted-peer.ts";
import { visit } from "../support/visitor.ts";

/** An upstream that numbers its answers. */
function upstream(): ScriptedPeer {
  let count = 0;
  return new ScriptedPeer((connection: PeerConnection) => connection.send(`poem ${++count}`).fin());
}

/** Runs a proxy with a store while `use` runs, and stops it in an orderly way. */
async function whileRunning<T>(args: string[], use: (proxy: RunningService) => Promise<T>): Promise<T> {
  await using proxy = await RunningService.start("proxy", ...args, "--store-timeout", "10s");
  const result = await use(proxy);
  proxy.signal("SIGTERM");
  expect(await proxy.exited).toBe(0);
  return result;
}

const text = async ({ port }: RunningService) => (await visit(port)).bytes.toString();

const ask = async ({ port }: { readonly port: number }) =>
  (await visit(port, (socket) => socket.write("a\r\n"))).bytes.toString();

test("proxy --store serves earlier answers after a restart, even if the upstream is gone", async () => {
  await using dir = new StoreDir();
  const peer = upstream();
  const args = [String(peer.port), "--store", dir.file];
  expect(await whileRunning(args, text)).toBe("poem 1");
  await peer[Symbol.asyncDispose]();
  expect(
    await whileRunning(args, async (proxy) => {
      const served = await text(proxy);
      await proxy.until((line) => line === "Using cached poem.");
      return served;
    }),
  ).toBe("poem 1");
});

test("proxy --store serves stale answers after a restart: --grace, --stale-if-error", async () => {
  await using dir = new StoreDir();
  const peer = upstream();
  const args = [
    String(peer.port),
    "--store",
    dir.file,
    "--ttl",
    "1ms",
    "--stale-if-error",
    "1h",
    "--retries",
    "0",
  ];
  expect(await whileRunning(args, text)).toBe("poem 1");
  await peer[Symbol.asyncDispose]();
  await whileRunning(args, async (proxy) => {
    expect(await text(proxy)).toBe("poem 1");
    await proxy.until((line) => line === "Using stale cached poem.");
  });
});

test("proxy --store does not serve answers that were stored under other rules for keys", async () => {
  await using dir = new StoreDir();
  await using peer = upstream();
  const base = [String(peer.port), "--store", dir.file];
  expect(await whileRunning(base, text)).toBe("poem 1");
  expect(await whileRunning([...base, "--grace", "1m"], text)).toBe("poem 1"); // The lifetime is not part of the key.
  const line = [...base, "--request", "line"];
  expect(await whileRunning(line, ask)).toBe("poem 2");
  expect(await whileRunning([...line, "--key-fold", "lower"], ask)).toBe("poem 3");
  expect(await whileRunning(line, ask)).toBe("poem 2");
});

test("proxy --store rejects a file that another process holds, and names that process", async () => {
  await using dir = new StoreDir();
  await using proxy = await RunningService.start("proxy", String(closedPort()), "--store", dir.file);
  const { code, stderr } = await poetry("proxy", String(closedPort()), "--store", dir.file);
  expect(code).toBe(1);
  expect(stderr).toBe(
    `error: Cannot open the store ${dir.file}: it is in use by poetry (process ${proxy.pid})\n`,
  );
});

test("proxy --store says what is wrong with a missing directory or a foreign file", async () => {
  await using dir = new StoreDir();
  const missing = `${dir.path}/missing/poetry.db`;
  const { code, stderr } = await poetry("proxy", "1", "--store", missing);
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining(`Cannot open the store ${missing}: its directory does not exist (ENOENT)\n`),
  ]);
  const poem = await dir.write("poem.txt", "poem");
  expect((await poetry("proxy", "1", "--store", poem)).stderr).toContain("it is not a poetry store");
});

test("up keeps answers in its store across reloads: a service finds those of its present rules", async () => {
  await using dir = new StoreDir();
  await using peer = upstream();
  const port = closedPort();
  const write = (more: string) =>
    dir.write(
      "poetry.toml",
      `[store]\nfile = "poetry.db"\ntimeout = "10s"\n[proxy.poems]\nupstream = ${peer.port}\nport = ${port}\nrequest = "line"\n${more}\n`,
    );
  const file = await write("");
  await using up = new RunningProgram([POETRY, "up", file]);
  await up.until((line) => line.startsWith("poems: Proxying"));
  const asked = () => ask({ port });
  const reload = async (more: string, times: number) => {
    await write(more);
    up.signal("SIGHUP");
    await up.untilCount("Reloaded: ", times);
  };
  expect(await asked()).toBe("poem 1");
  await reload('key-fold = "lower"', 1);
  expect(await asked()).toBe("poem 2");
  await reload("", 2);
  expect(await asked()).toBe("poem 1");
  await reload('grace = "1m"', 3);
  expect(await asked()).toBe("poem 1");
  up.signal("SIGTERM");
  expect(await up.exited).toBe(0);
});

test("ctl status tells how much a store has now, not at the look before", async () => {
  await using dir = new StoreDir();
  await using peer = upstream();
  const socket = `${dir.file}.sock`;
  const args = [String(peer.port), "--request", "line", "--store", dir.file, "--control", socket];
  const entries = async () => {
    const { stdout } = await poetry("ctl", "status", "--json", "--socket", socket);
    return (JSON.parse(stdout.toString()) as { stores: { entries: number }[] }).stores[0]?.entries;
  };
  await whileRunning(args, async (proxy) => {
    expect(await entries()).toBe(0);
    await ask(proxy);
    expect(await entries()).toBe(1);
  });
});
