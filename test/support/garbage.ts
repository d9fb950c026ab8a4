import { readdirSync, readFileSync } from "node:fs";
import type { Socket } from "bun";
import { POEM, recite } from "./poem.ts";
import { RunningService } from "./program.ts";
import { ScriptedPeer } from "./scripted-peer.ts";
import type { TestIdentity } from "./tls-socket.ts";
import { Visitor } from "./visitor.ts";

/** Garbage for a proxy. */
export interface Litter {
  /** Flags of the proxy. */
  readonly flags: readonly string[];
  readonly garbage: readonly Uint8Array[];
  /**
   * Correct beginnings of a client: what it sends in the clear, and the identity of the server for TLS after that, if
   * any.
   */
  readonly good: readonly { readonly header?: Uint8Array; readonly tls?: TestIdentity }[];
}

/** The result of sending garbage to a port for some time. */
export interface Outcome {
  /** Connections that began with garbage. */
  readonly garbage: number;
  /** Clients that began as they should, and got the poem; and those that did not get it. */
  readonly served: number;
  readonly failed: number;
  /** How many connections the upstream got. */
  readonly fetches: number;
  /** Of the proxy, in the end: bytes more than after the first second, and file descriptors more than at the start. */
  readonly growth: number;
  readonly descriptors: number;
}

const AT_ONCE = 64;

/** What to do after garbage: half-close, reset, stay. */
const MANNERS: readonly ((socket: Socket) => void)[] = [
  (socket) => socket.shutdown(),
  (socket) => socket.terminate(),
  () => {},
];

/** Sends garbage and good requests to a proxy until the time is over. */
export async function litter(seconds: number, { flags, garbage, good }: Litter): Promise<Outcome> {
  await using upstream = new ScriptedPeer(recite);
  await using proxy = await RunningService.start(
    "proxy",
    `${upstream.port}`,
    ...flags,
    "--ttl",
    "inf",
    "--quiet",
  );
  const outcome = { garbage: 0, served: 0, failed: 0 };
  const before = descriptorsOf(proxy.pid);
  const start = performance.now();
  const isOver = () => performance.now() - start > seconds * 1000;
  let warm = 0;

  const throwIt = async (first: number) => {
    for (let n = first; !isOver(); n += AT_ONCE) {
      const manner = MANNERS[n % MANNERS.length] as (socket: Socket) => void;
      const visitor = new Visitor(proxy.port, (socket) => {
        socket.write(garbage[n % garbage.length] as Uint8Array);
        manner(socket);
      });
      await (manner === MANNERS[2] && n % 50 > 0 ? visitor.vanish() : visitor.visit);
      outcome.garbage++;
    }
  };
  const ask = async () => {
    for (let n = 0; !isOver(); n++) {
      const { header = new Uint8Array(0), tls } = good[n % good.length] ?? {};
      const greet = (socket: Socket) => void (tls || socket.write(header));
      const { bytes, end } = await new Visitor(proxy.port, greet, tls && { ...tls, header }).visit;
      if (end === "fin" && bytes.toString() === POEM) outcome.served++;
      else outcome.failed++;
      if (warm === 0 && performance.now() - start > 1000) warm = residentOf(proxy.pid);
    }
  };
  await Promise.all([ask(), ...Array.from({ length: AT_ONCE }, (_, first) => throwIt(first))]);
  const growth = residentOf(proxy.pid) - warm;
  const descriptors = descriptorsOf(proxy.pid) - before;
  proxy.signal("SIGTERM"); // It reports clients that are left at the end.
  await proxy.exited;
  return { ...outcome, fetches: upstream.connections.length, growth, descriptors };
}

function descriptorsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

function residentOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;
}
