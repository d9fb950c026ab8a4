/**
 * The most memory that poetry holds, whatever its clients and its upstream do: --max-memory limits all of it. Measures
 * what a crowd adds to the resident memory at its peak.
 */
import type { Socket, TCPSocketListener } from "bun";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { printFigures, type Figure } from "./figure.ts";
import { startPoetry, type Peer } from "./peers.ts";
import { poemOf } from "./poem.ts";
import { peakMemory, residentMemory, settled } from "./proc.ts";
import { SlowWriting } from "./slow-writing.ts";

const MB = 1e6;
const MIB = 2 ** 20;
/** The default of --max-memory. */
const MAX_MEMORY = 256 * MIB;
/** Allows for the garbage collector and the allocator. */
const FACTOR = 1.5;
const POEM = poemOf(16 * MIB);
/** Clients that connect and leave without a request before the idle process is measured. */
const CAME_BEFORE = 200;
const LONG_POEMS = 40;
const LONG_POEM_BYTES = 40 * MIB;

/** Clients that connect all at once, and what they do. */
interface Crowd {
  readonly clients: number;
  /** What each sends. */
  readonly request: (number: number) => readonly Uint8Array[];
  readonly reads: boolean;
}

const LINES: Crowd = { clients: 100, request: (number) => [Buffer.from(`key ${number}\n`)], reads: false };
const FETCHES: Crowd = { ...LINES, clients: 64, reads: true };
const JOBS: Crowd = { clients: 100, request: jobOf, reads: true };
const HALF_JOBS: Crowd = { ...JOBS, request: (number) => halfOf(jobOf(number)) };

interface Row {
  readonly what: string;
  /** The memory limit, in bytes. */
  readonly maxMemory: number;
  /** Returns how many bytes it adds at its peak. */
  readonly measure: () => Promise<number>;
}

const PROXY = ["proxy", "--request", "line"];
const WHOIS = ["proxy", "--preset", "whois"];
const SMALL_MEMORY = 64 * MIB;
const SMALL = ["--max-memory", String(SMALL_MEMORY), "--max-answer", String(POEM.length)];

const ROWS: readonly Row[] = [
  ...bothSizes("100 never read 16 MiB, each another answer", (...size) => proxied(LINES, ...PROXY, ...size)),
  ...bothSizes("64 fetches of 16 MiB at once, whois", (...size) => proxied(FETCHES, ...WHOIS, ...size)),
  ...bothSizes("100 jobs of 15 MiB wait for an upstream", (...size) => waiting(JOBS, ...size)),
  ...bothSizes("100 jobs of 15 MiB, of which half is sent", (...size) => waiting(HALF_JOBS, ...size)),
  row("100 jobs of 15 MiB, done by itself", () => peakOf(() => startPoetry("transform-serve"), JOBS)),
  row("40 never read 40 MiB, each another poem of a directory", library),
];

function row(what: string, measure: Row["measure"], maxMemory = MAX_MEMORY): Row {
  return { what: `${what}, ${maxMemory / MIB} MiB`, maxMemory, measure };
}

/** With the memory that there is by default, and with a quarter of it. */
function bothSizes(what: string, measure: (...flags: string[]) => Promise<number>): Row[] {
  return [row(what, measure), row(what, () => measure(...SMALL), SMALL_MEMORY)];
}

/**
 * Measures, prints the results, and returns the figures.
 *
 * @param only limits it to rows whose names contain this
 */
export async function held(only = ""): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const { what, maxMemory, measure } of ROWS.filter((each) => each.what.includes(only)))
    figures.push({
      what: `memory at its peak: ${what}`,
      goal: Math.round((FACTOR * maxMemory) / MB),
      measured: (await measure()) / MB,
      unit: " MB",
    });
  return figures;
}

/** A unique transformation request, as a netstring. */
function jobOf(number: number): readonly Uint8Array[] {
  const name = Buffer.from(`shout.${number}\n`);
  const poem = POEM.subarray(MIB);
  return [Buffer.from(`${name.length + poem.length}:`), name, poem, Buffer.from(",")];
}

/** The request without the second half of the poem. */
function halfOf(job: readonly Uint8Array[]): readonly Uint8Array[] {
  return job.slice(0, -1).map((part) => (part.length < MIB ? part : part.subarray(part.length / 2)));
}

async function waiting(crowd: Crowd, ...flags: string[]): Promise<number> {
  return withUpstream("hangs", (port) => peakOf(() => startPoetry("transform-proxy", port, ...flags), crowd));
}

async function proxied(crowd: Crowd, command = "", ...flags: string[]): Promise<number> {
  return withUpstream("answers", (port) => peakOf(() => startPoetry(command, port, ...flags), crowd));
}

async function library(): Promise<number> {
  const dir = await mkdtemp(join(tmpdir(), "poetry-bench-held-"));
  try {
    for (let number = 0; number < LONG_POEMS; number++)
      await writeFile(join(dir, `${number}.txt`), poemOf(LONG_POEM_BYTES));
    return await peakOf(() => startPoetry("serve", dir), {
      clients: LONG_POEMS,
      request: (number) => [Buffer.from(`${number}\n`)],
      reads: false,
    });
  } finally {
    await rm(dir, { recursive: true });
  }
}

/** An upstream that answers any request, or lets every client wait. */
async function withUpstream<R>(conduct: "answers" | "hangs", use: (port: string) => Promise<R>): Promise<R> {
  const upstream: TCPSocketListener<SlowWriting> = Bun.listen<SlowWriting>({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open: (socket) => void (socket.data = new SlowWriting()),
      data: (socket) => {
        if (conduct === "answers") socket.data.send(socket, [POEM], () => socket.end());
      },
      drain: (socket) => socket.data.go(socket),
    },
  });
  try {
    return await use(String(upstream.port));
  } finally {
    upstream.stop(true);
  }
}

/** What the crowd adds to the memory of a peer; ends the peer. */
async function peakOf(start: () => Promise<Peer>, crowd: Crowd): Promise<number> {
  const peer = await start();
  const clients: Socket<SlowWriting>[] = [];
  try {
    // Otherwise the program's own pages, loaded with its first clients, would count as well.
    for (let number = 0; number < CAME_BEFORE; number++) (await arrive(peer.port, crowd, [])).terminate();
    const idle = await settled(() => residentMemory(peer.pid));
    for (let number = 0; number < crowd.clients; number++)
      clients.push(await arrive(peer.port, crowd, crowd.request(number)));
    return (await highest(peer.pid)) - idle;
  } finally {
    for (const client of clients) client.terminate();
    await peer.stop();
  }
}

function arrive(
  port: number,
  { reads }: Crowd,
  request: readonly Uint8Array[],
): Promise<Socket<SlowWriting>> {
  return Bun.connect<SlowWriting>({
    hostname: "127.0.0.1",
    port,
    data: new SlowWriting(),
    socket: {
      open: (socket) => {
        socket.data.send(socket, request);
        if (!reads) socket.pause();
      },
      drain: (socket) => socket.data.go(socket),
      data() {},
    },
  });
}

/** The peak memory of a process, once it has not risen for some seconds. */
async function highest(pid: number, seconds = 5): Promise<number> {
  let peak = 0;
  for (let still = 0; still < seconds; still++) {
    const now = peakMemory(pid);
    if (now > peak) still = -1;
    peak = now;
    await Bun.sleep(1000);
  }
  return peak;
}

if (import.meta.main) process.exitCode = printFigures(await held(process.argv[2])) ? 0 : 1;
