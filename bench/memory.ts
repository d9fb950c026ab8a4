/**
 * What clients cost in memory: those that never read a long poem, those that wait for an upstream that hangs, and those
 * that all request the list of titles of a directory. Kernel memory is shown as well: it belongs to no process, and is
 * far more.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { printFigures, printTable, round, type Figure } from "./figure.ts";
import { load } from "./load.ts";
import { startPoetry, type Peer } from "./peers.ts";
import { POEM_BYTES, poemOf } from "./poem.ts";
import { kernelTcpMemory, peakMemory, queuedToClients, residentMemory, settled } from "./proc.ts";
import { gather } from "./silent-clients.ts";

const LONG_POEM_BYTES = 10_000_000;
const LONGER_POEM_BYTES = 200_000_000;
const NEVER_READING = 1000;
const WAITING = 10_000;
/**
 * Clients served before the idle process is measured; otherwise its own pages, loaded with the first clients, would
 * count.
 */
const SERVED_BEFORE = 200;
const SEND_BUFFER = 64 * 1024;
const TITLES = 2000;
const LISTING = 400;
const BOUNDED = "proxy, 1,000 never read 10 MB, --send-buffer 64KiB";
const MB = 1e6;

interface Growth {
  /** Resident memory of the process before the crowd came, in bytes. */
  readonly idle: number;
  /** What the crowd added to it. */
  readonly added: number;
  /** What it added to the kernel's TCP buffers, at both ends. */
  readonly kernel: number;
  /** What the kernel holds at the server's end, in bytes; `undefined` if there is no `ss`. */
  readonly queued: number | undefined;
}

/** Measures, prints the results, and returns the figures. */
export async function memory(): Promise<Figure[]> {
  const found = {
    "proxy, 1,000 never read 10 MB": await proxyNeverRead({}, "--ttl", "inf"),
    [BOUNDED]: await proxyNeverRead({}, "--ttl", "inf", "--send-buffer", String(SEND_BUFFER)),
    "serve, 1,000 never read 10 MB": await withPoem(LONG_POEM_BYTES, (file) => serveNeverRead(file)),
    "proxy, 10,000 wait for an upstream": await proxyWaiting(),
    "proxy --stream, 1 never reads 200 MB, too long to keep": await proxyNeverRead(
      { bytes: LONGER_POEM_BYTES, clients: 1, servedBefore: 2 },
      "--stream",
      "--max-answer",
      "1MiB",
    ),
    "serve DIR of 2,000 titles, 400 ask for the list, at its peak": await listing(),
  };
  printTable([
    ["memory", "idle", "added", "in the kernel", "at the server's end"],
    ...Object.entries(found).map(([what, { idle, added, kernel, queued }]) => [
      what,
      inMB(idle),
      inMB(added),
      inMB(kernel),
      queued === undefined ? "" : inMB(queued),
    ]),
  ]);
  const goals = [40, 40, 40, 20, 20, 40];
  const figures = Object.entries(found).map(([what, { added }], i) => ({
    what: `memory: ${what}`,
    goal: goals[i],
    measured: added / MB,
    unit: " MB",
  }));
  return [...figures, boundOf(found[BOUNDED])];
}

/** Linux doubles the given value, and admits one more segment. */
function boundOf({ queued }: Growth): Figure {
  const measured = queued === undefined ? undefined : queued / NEVER_READING / SEND_BUFFER;
  const what = "kernel memory per client that never reads / --send-buffer";
  return { what, goal: 3, measured, unit: "x", ...(measured === undefined ? { note: "no ss" } : {}) };
}

/** Clients that never read `poem` from a proxy with these flags. */
async function proxyNeverRead(
  { bytes = LONG_POEM_BYTES, clients = NEVER_READING, servedBefore = SERVED_BEFORE },
  ...flags: string[]
): Promise<Growth> {
  return withPoem(bytes, async (file) => {
    const upstream = await startPoetry("serve", file, "--max-poem", `${bytes}`);
    try {
      const proxy = await startPoetry("proxy", String(upstream.port), ...flags);
      return await growth(proxy, bytes, clients, { servedBefore });
    } finally {
      await upstream.stop();
    }
  });
}

async function serveNeverRead(file: string): Promise<Growth> {
  return growth(await startPoetry("serve", file), LONG_POEM_BYTES, NEVER_READING);
}

async function proxyWaiting(): Promise<Growth> {
  const poem = poemOf(POEM_BYTES);
  let hangs = false;
  const upstream = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: { open: (socket) => void (hangs || socket.end(poem)), data() {} },
  });
  const patience = ["--first-byte-timeout", "0", "--total-timeout", "0"];
  try {
    const proxy = await startPoetry("proxy", String(upstream.port), "--ttl", "0", ...patience);
    return await growth(proxy, poem.length, WAITING, { beforeTheyCome: () => (hangs = true) });
  } finally {
    upstream.stop(true);
  }
}

/** Clients that request the list of titles, all at once. */
async function listing(): Promise<Growth> {
  const dir = await mkdtemp(join(tmpdir(), "poetry-bench-memory-"));
  try {
    for (let i = 0; i < TITLES; i++) await writeFile(join(dir, `poem number ${i}.txt`), "x");
    const server = await startPoetry("serve", dir);
    try {
      const ask = (connections: number) => gather({ port: server.port, connections, requests: [""] });
      await (await ask(1)).leave();
      const idle = await settled(() => residentMemory(server.pid));
      const kernel = kernelTcpMemory();
      const crowd = await ask(LISTING);
      await settled(() => residentMemory(server.pid));
      const added = peakMemory(server.pid) - idle;
      const held = { kernel: kernelTcpMemory() - kernel, queued: queuedToClients(server.port) };
      await crowd.leave();
      return { idle, added, ...held };
    } finally {
      await server.stop();
    }
  } finally {
    await rm(dir, { recursive: true });
  }
}

/** What `connections` silent clients add to `peer`, which has served others before. Ends the peer. */
async function growth(
  peer: Peer,
  poemBytes: number,
  connections: number,
  { servedBefore = SERVED_BEFORE, beforeTheyCome = (): void => {} } = {},
): Promise<Growth> {
  try {
    const earlier = { port: peer.port, connections: servedBefore, atOnce: 1, poemBytes };
    if ((await load(earlier)).whole !== servedBefore) throw new Error(`${peer.name} serves no poem`);
    beforeTheyCome();
    const idle = await settled(() => residentMemory(peer.pid));
    const kernel = kernelTcpMemory();
    const crowd = await gather({ port: peer.port, connections });
    try {
      const crowded = await settled(() => residentMemory(peer.pid));
      const added = crowded - idle;
      return { idle, added, kernel: kernelTcpMemory() - kernel, queued: queuedToClients(peer.port) };
    } finally {
      await crowd.leave();
    }
  } finally {
    await peer.stop();
  }
}

async function withPoem<R>(bytes: number, use: (file: string) => Promise<R>): Promise<R> {
  const dir = await mkdtemp(join(tmpdir(), "poetry-bench-memory-"));
  try {
    const file = join(dir, "long.txt");
    await writeFile(file, poemOf(bytes));
    return await use(file);
  } finally {
    await rm(dir, { recursive: true });
  }
}

function inMB(bytes: number): string {
  return `${round(bytes / MB)} MB`;
}

if (import.meta.main) printFigures(await memory());
