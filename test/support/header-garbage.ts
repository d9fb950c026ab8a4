import { readdirSync, readFileSync } from "node:fs";
import type { Socket } from "bun";
import * as fc from "fast-check";
import { writeProxyHeader } from "../../src/protocols/peers/proxy-header.ts";
import { inputs } from "../protocols/peers/header-fuzz.ts";
import { POEM, recite } from "./poem.ts";
import { RunningService } from "./program.ts";
import { ScriptedPeer } from "./scripted-peer.ts";
import { Visitor } from "./visitor.ts";

/** What came of some time of garbage at a port behind proxies. */
export interface Outcome {
  /** Connections that began with garbage. */
  readonly garbage: number;
  /** Clients that began as they should, and got the poem; and those that did not get it. */
  readonly served: number;
  readonly failed: number;
  /** How many the upstream was asked by. */
  readonly fetches: number;
  /** Of the proxy, in the end: bytes more than after the first second, and file descriptors more than at the start. */
  readonly growth: number;
  readonly descriptors: number;
}

const AT_ONCE = 64;
const DIFFERENT = 2000;
const ROUTE = { source: { host: "198.51.100.7", port: 1 }, destination: { host: "203.0.113.1", port: 43 } };
const HEADERS = [writeProxyHeader("v1", ROUTE), writeProxyHeader("v2", ROUTE)];

/** Ways to go on after garbage: end, go away, stay. */
const MANNERS: readonly ((socket: Socket) => void)[] = [
  (socket) => socket.shutdown(),
  (socket) => socket.terminate(),
  () => {},
];

/** Sends garbage to a proxy that wants headers, and asks it as well, until the time is over. */
export async function garbageAtHeaders(seconds: number): Promise<Outcome> {
  await using upstream = new ScriptedPeer(recite);
  const args = ["--proxy-from", "127.0.0.0/8", "--ttl", "inf", "--quiet"];
  await using proxy = await RunningService.start("proxy", `${upstream.port}`, ...args);
  const garbage = fc.sample(inputs(), { numRuns: DIFFERENT, seed: 1 });
  const outcome = { garbage: 0, served: 0, failed: 0 };
  const before = descriptorsOf(proxy.pid);
  const start = performance.now();
  const isOver = () => performance.now() - start > seconds * 1000;
  let warm = 0;

  const litter = async (first: number) => {
    for (let n = first; !isOver(); n += AT_ONCE) {
      const manner = MANNERS[n % MANNERS.length] as (socket: Socket) => void;
      const visitor = new Visitor(proxy.port, (socket) => {
        socket.write(garbage[n % DIFFERENT] as Uint8Array);
        manner(socket);
      });
      await (manner === MANNERS[2] && n % 50 > 0 ? visitor.vanish() : visitor.visit);
      outcome.garbage++;
    }
  };
  const ask = async () => {
    for (let n = 0; !isOver(); n++) {
      const visitor = new Visitor(proxy.port, (socket) => void socket.write(HEADERS[n % 2] as Uint8Array));
      const { bytes, end } = await visitor.visit;
      if (end === "fin" && bytes.toString() === POEM) outcome.served++;
      else outcome.failed++;
      if (warm === 0 && performance.now() - start > 1000) warm = residentOf(proxy.pid);
    }
  };
  await Promise.all([ask(), ...Array.from({ length: AT_ONCE }, (_, first) => litter(first))]);
  const growth = residentOf(proxy.pid) - warm;
  proxy.signal("SIGTERM"); // It says so if anybody is still there in the end.
  const descriptors = descriptorsOf(proxy.pid) - before;
  await proxy.exited;
  return { ...outcome, fetches: upstream.connections.length, growth, descriptors };
}

function descriptorsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

function residentOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;
}
