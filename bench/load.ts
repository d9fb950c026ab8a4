/**
 * Clients, in a process of their own: each connects, sends its request, reads to the end, and compares. `bun
 * bench/load.ts JSON` takes LoadOptions and prints a LoadReport.
 */
import type { Socket } from "bun";
import { constants, setPriority } from "node:os";
import { beginConnecting } from "../src/net/libc.ts";
import { toNetstring } from "../src/protocols/netstring.ts";
import { poemOf } from "./poem.ts";

export interface LoadOptions {
  readonly port: number;
  /** The Unix socket that clients connect to, instead of the port. */
  readonly path?: string;
  /** Total number of connections. */
  readonly connections: number;
  /** Number of concurrent connections. */
  readonly atOnce: number;
  /** Length of the expected poem. */
  readonly poemBytes: number;
  /** What each client sends first; default: nothing. */
  readonly request?: string;
  /** The authority that clients trust, in PEM; absent: no TLS. Every handshake is a full one. */
  readonly ca?: string;
  /** Whether the poem comes as a netstring. */
  readonly isNetstring?: boolean;
  /** Whether the poem comes as the body of an HTTP answer. Default: false. */
  readonly http?: boolean;
  /** What as many clients send in a rehearsal, so that the code of this process is compiled; not part of the report. */
  readonly rehearse?: string;
  /** Whether it yields the CPU to all other processes, as clients on other machines would. Default: false. */
  readonly yields?: boolean;
}

/** How the connections ended. All counts but `whole` should be 0. */
export interface LoadReport {
  /** The whole poem, and a clean end. */
  whole: number;
  /** A clean end after other bytes than the poem's. */
  wrong: number;
  /** A reset after connecting. */
  reset: number;
  /** No connection. */
  refused: number;
  /** When the last connection ended: fractional milliseconds since 1970. */
  endedAt: number;
  /** From the first connect to the last end, in milliseconds. */
  ms: number;
}

/** One client: how many bytes it has, and whether they match the poem. */
interface Reading {
  length: number;
  matches: boolean;
  /** Whether it still reads the head of an HTTP answer, which every server here sends in one piece. */
  inHead: boolean;
}

/** Runs a load in a process of its own. */
export async function load(options: LoadOptions): Promise<LoadReport> {
  const process = Bun.spawn([globalThis.process.execPath, import.meta.path, JSON.stringify(options)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const report = await process.stdout.text();
  if ((await process.exited) !== 0) throw new Error(`The load process ended with ${process.exitCode}`);
  return JSON.parse(report) as LoadReport;
}

/** Runs a load in this process. */
function run(options: LoadOptions): Promise<LoadReport> {
  const { connections, atOnce, poemBytes, request, ca, isNetstring = false, http = false } = options;
  const tls = ca === undefined ? {} : { tls: { ca, serverName: "localhost", ecdhCurve: "X25519" } };
  const poem = isNetstring ? toNetstring(poemOf(poemBytes)) : poemOf(poemBytes);
  const report: LoadReport = { whole: 0, wrong: 0, reset: 0, refused: 0, endedAt: 0, ms: 0 };
  const finished = Promise.withResolvers<LoadReport>();
  const start = performance.now();
  let begun = 0;
  let ended = 0;
  for (let i = 0; i < Math.min(atOnce, connections); i++) connectNext();
  return finished.promise;

  function connectNext(): void {
    begun++;
    const connecting = Bun.connect<Reading>({
      ...whereTo(options),
      data: { length: 0, matches: true, inHead: http },
      ...tls,
      socket: {
        [ca === undefined ? "open" : "handshake"](socket: Socket<Reading>) {
          if (request !== undefined) socket.write(request);
        },
        data: ({ data: reading }, chunk) => read(reading, reading.inHead ? afterHead(chunk) : chunk),
        close({ data: reading }, error) {
          count(error ? "reset" : reading.matches && reading.length === poem.length ? "whole" : "wrong");
        },
        connectError: () => count("refused"),
      },
    });
    connecting.catch(() => {}); // Already reported through connectError.
  }

  function read(reading: Reading, chunk: Buffer): void {
    reading.inHead = false;
    reading.matches &&= chunk.equals(poem.subarray(reading.length, reading.length + chunk.length));
    reading.length += chunk.length;
  }

  function count(outcome: "whole" | "wrong" | "reset" | "refused"): void {
    report[outcome]++;
    ended++;
    if (begun < connections) connectNext();
    if (ended < connections) return;
    report.endedAt = performance.timeOrigin + performance.now();
    report.ms = performance.now() - start;
    finished.resolve(report);
  }
}

/**
 * Where to connect. For a Unix socket libc connects, because Bun would lose the answer of a server that ends at once.
 */
function whereTo({ port, path }: LoadOptions): { hostname: string; port: number } {
  if (path === undefined) return { hostname: "127.0.0.1", port };
  return beginConnecting({ path }) as object as { hostname: string; port: number };
}

/** The body after the head; without the end of a head, the whole chunk, which will not match the poem. */
function afterHead(chunk: Buffer): Buffer {
  const end = chunk.indexOf("\r\n\r\n");
  return end < 0 ? chunk : chunk.subarray(end + 4);
}

if (import.meta.main) {
  const options = JSON.parse(process.argv[2] ?? "") as LoadOptions;
  if (options.yields) setPriority(constants.priority.PRIORITY_LOW);
  if (options.rehearse !== undefined) await run({ ...options, request: options.rehearse });
  process.stdout.write(JSON.stringify(await run(options)));
}
