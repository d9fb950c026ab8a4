/**
 * The production Proxy in a process of its own, with an upstream that answers only once all clients wait, and a probe
 * on the event loop. Takes a StampedeOrder as JSON; sends its parent its port, then a StampedeReport.
 */
import { Numbers } from "../src/cache/numbers.ts";
import type { SecondLevels } from "../src/services/proxy/second-levels.ts";
import { parseSharedServer } from "../src/settings/shared-server.ts";
import { RedisStore } from "../src/stores/redis/redis-store.ts";
import { systemClock } from "../src/time/clock.ts";
import { wallClock } from "../src/time/time-of-day.ts";
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
  /** The server through which it shares; absent: it does not. */
  readonly shared?: string | undefined;
}

export interface StampedeReport {
  readonly upstreamConnections: number;
  /** Until all clients waited. */
  readonly accepting: LongestTurn;
  /** From the upstream's answer until all clients are gone. */
  readonly releasing: LongestTurn;
  /** When the upstream had sent everything: fractional milliseconds since 1970. */
  readonly answeredAt: number;
}

const HOST = "127.0.0.1";
const CHECK_MS = 5;
/** Timeout of the shared server, because the event loop is blocked while thousands connect. */
const PATIENCE_MS = 10_000;

async function run({ clients, poemBytes, shared }: StampedeOrder): Promise<StampedeReport> {
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
    secondLevels: shared === undefined ? undefined : await levelsBy(shared),
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

/** A new service name, so that no answer of an earlier round is found. */
async function levelsBy(url: string): Promise<SecondLevels> {
  const store = await RedisStore.open({
    url: parseSharedServer(url).url,
    timeout: PATIENCE_MS,
    clock: systemClock,
    node: crypto.randomUUID(),
    name: url,
    failed(error) {
      throw error;
    },
    restored() {},
  });
  return { levels: [store.level(`bench ${process.pid}`, 0)], numbers: new Numbers(wallClock) };
}

/** An observer that logs nothing. */
const NOBODY = observerOf(
  createLog({ format: "text", quiet: true, verbose: false, stream: { write: () => true } }),
);

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await Bun.sleep(CHECK_MS);
}

const [order = ""] = process.argv.slice(2);
process.send?.(await run(JSON.parse(order) as StampedeOrder));
