/**
 * What clients cost in memory: those that never read a long poem, and those that wait for an upstream that hangs. Kernel
 * memory is shown beside it: it belongs to no process, and is far more.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { printFigures, printTable, round, type Figure } from "./figure.ts";
import { load } from "./load.ts";
import { startPoetry, type Peer } from "./peers.ts";
import { poemOf } from "./poem.ts";
import { kernelTcpMemory, residentMemory } from "./proc.ts";
import { gather } from "./silent-clients.ts";

const LONG_POEM_BYTES = 10_000_000;
const SHORT_POEM_BYTES = 3072;
const NEVER_READING = 1000;
const WAITING = 10_000;
/** Clients served before the idle process is measured: else the program's own pages, loaded with its first clients, count too. */
const SERVED_BEFORE = 200;
const MB = 1e6;

interface Growth {
  /** Resident memory of the process before the crowd came, in bytes, and what the crowd added. */
  readonly idle: number;
  readonly added: number;
  /** What was added to the kernel's TCP buffers, both ends together. */
  readonly kernel: number;
}

/** Measures, prints what was found, and gives the figures. */
export async function memory(): Promise<Figure[]> {
  const found = {
    "proxy, 1,000 never read 10 MB": await withLongPoem((file) => proxyNeverRead(file)),
    "serve, 1,000 never read 10 MB": await withLongPoem((file) => serveNeverRead(file)),
    "proxy, 10,000 wait for an upstream": await proxyWaiting(),
  };
  printTable([
    ["memory", "idle", "added", "in the kernel"],
    ...Object.entries(found).map(([what, { idle, added, kernel }]) => [
      what,
      inMB(idle),
      inMB(added),
      inMB(kernel),
    ]),
  ]);
  const goals = [40, 40, 20];
  return Object.entries(found).map(([what, { added }], i) => ({
    what: `memory: ${what}`,
    goal: goals[i],
    measured: added / MB,
    unit: " MB",
  }));
}

async function proxyNeverRead(file: string): Promise<Growth> {
  const upstream = await startPoetry("serve", file);
  try {
    const proxy = await startPoetry("proxy", String(upstream.port), "--ttl", "inf");
    return await growth(proxy, LONG_POEM_BYTES, NEVER_READING);
  } finally {
    await upstream.stop();
  }
}

async function serveNeverRead(file: string): Promise<Growth> {
  return growth(await startPoetry("serve", file), LONG_POEM_BYTES, NEVER_READING);
}

async function proxyWaiting(): Promise<Growth> {
  const poem = poemOf(SHORT_POEM_BYTES);
  let hangs = false;
  const upstream = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: { open: (socket) => void (hangs || socket.end(poem)), data() {} },
  });
  const patience = ["--first-byte-timeout", "0", "--total-timeout", "0"];
  try {
    const proxy = await startPoetry("proxy", String(upstream.port), "--ttl", "0", ...patience);
    return await growth(proxy, poem.length, WAITING, () => (hangs = true));
  } finally {
    upstream.stop(true);
  }
}

/** What `connections` silent clients add to `peer`, which has served others before; ends the peer. */
async function growth(
  peer: Peer,
  poemBytes: number,
  connections: number,
  beforeTheyCome: () => void = () => {},
): Promise<Growth> {
  try {
    const earlier = { port: peer.port, connections: SERVED_BEFORE, atOnce: 1, poemBytes };
    if ((await load(earlier)).whole !== SERVED_BEFORE) throw new Error(`${peer.name} serves no poem`);
    beforeTheyCome();
    const idle = await settled(() => residentMemory(peer.pid));
    const kernel = kernelTcpMemory();
    const crowd = await gather({ port: peer.port, connections });
    try {
      const crowded = await settled(() => residentMemory(peer.pid));
      return { idle, added: crowded - idle, kernel: kernelTcpMemory() - kernel };
    } finally {
      await crowd.leave();
    }
  } finally {
    await peer.stop();
  }
}

async function withLongPoem<R>(use: (file: string) => Promise<R>): Promise<R> {
  const dir = await mkdtemp(join(tmpdir(), "poetry-bench-memory-"));
  try {
    const file = join(dir, "long.txt");
    await writeFile(file, poemOf(LONG_POEM_BYTES));
    return await use(file);
  } finally {
    await rm(dir, { recursive: true });
  }
}

/** The value once it has stayed within 1 % for a second; the highest of those, for garbage may be about to go. */
async function settled(read: () => number): Promise<number> {
  for (;;) {
    const seen: number[] = [];
    for (let i = 0; i < 5; i++) {
      seen.push(read());
      await Bun.sleep(250);
    }
    const highest = Math.max(...seen);
    if (highest - Math.min(...seen) < highest / 100) return highest;
  }
}

function inMB(bytes: number): string {
  return `${round(bytes / MB)} MB`;
}

if (import.meta.main) printFigures(await memory());
