/**
 * The production Proxy in a process of its own, with an upstream that answers only once all clients wait, and with a
 * probe on the event loop. Takes a StampedeOrder as JSON; tells its parent its port, then a StampedeReport.
 */
import { systemClock } from "../src/time/clock.ts";
import { createLog } from "../src/observe/log.ts";
import { observerOf } from "../src/observe/observer-of.ts";
import { PROXY_DEFAULTS } from "../src/services/proxy/options.ts";
import { Proxy } from "../src/services/proxy/proxy.ts";
import { portOf } from "../test/support/port-of.ts";
import { LoopProbe, type LongestTurn } from "./loop-probe.ts";
import { poemOf } from "./poem.ts";

export interface StampedeOrder {
  readonly clients: number;
  readonly poemBytes: number;
}

export interface StampedeReport {
  readonly upstreamConnections: number;
  /** Until all clients waited. */
  readonly accepting: LongestTurn;
  /** From the upstream's answer until all clients are gone. */
  readonly releasing: LongestTurn;
  /** When the upstream had sent all: milliseconds since 1970, with fractions. */
  readonly answeredAt: number;
}

const HOST = "127.0.0.1";
const CHECK_MS = 5;

async function run({ clients, poemBytes }: StampedeOrder): Promise<StampedeReport> {
  let upstreamConnections = 0;
  const asked = Promise.withResolvers<Bun.Socket>();
  const upstream = Bun.listen({
    hostname: HOST,
    port: 0,
    socket: {
      open(socket) {
        upstreamConnections++;
        asked.resolve(socket);
      },
      data() {},
    },
  });
  const proxy = new Proxy({
    ...PROXY_DEFAULTS,
    listen: { address: { host: HOST, port: 0 } },
    cache: { ...PROXY_DEFAULTS.cache, maxMemory: 2 ** 20 },
    answers: { ...PROXY_DEFAULTS.answers, ttl: Infinity, maxAnswer: 2 ** 20 },
    fetch: { ...PROXY_DEFAULTS.fetch, upstreams: [{ host: HOST, port: upstream.port }] },
    clock: systemClock,
    observer: NOBODY,
  });
  process.send?.(portOf(await proxy.start()));

  const acceptProbe = new LoopProbe();
  const asking = await asked.promise;
  await until(() => proxy.waiters === clients);
  const accepting = acceptProbe.stop();

  const releaseProbe = new LoopProbe();
  asking.end(poemOf(poemBytes));
  const answeredAt = performance.timeOrigin + performance.now();
  await until(() => proxy.clients === 0);
  return { upstreamConnections, accepting, releasing: releaseProbe.stop(), answeredAt };
}

/** Watches, and wants to know nothing. */
const NOBODY = observerOf(
  createLog({ format: "text", quiet: true, verbose: false, stream: { write: () => true } }),
);

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await Bun.sleep(CHECK_MS);
}

const [order = ""] = process.argv.slice(2);
process.send?.(await run(JSON.parse(order) as StampedeOrder));
