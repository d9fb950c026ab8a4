import type { Station } from "./station.ts";
import { Scrape, sumsOf, type Sums } from "./sums.ts";

/** What is left over of a station after its last visit. */
export interface Rest {
  /** Fetches that have not ended. */
  readonly flights: number;
  /** Descriptors beyond those before the first client. Clients, including waiting ones, and fetches have one each. */
  readonly descriptors: number;
  /** Open connections of the upstream. */
  readonly upstream: number;
  /** How the metrics agree with what clients and upstream counted. */
  readonly sums: Sums;
  /** The exit code of the proxy. */
  readonly exitCode: number;
}

/** A fetch may continue after its last client has left, for as long as `--total-timeout` and the retries allow. */
const REST_MS = 12_000;
const LOOK_EVERY_MS = 50;

/** Waits until everything has come to rest, or for REST_MS; then stops the proxy. */
export async function comeToRest(station: Station): Promise<Rest> {
  await station.close();
  const deadline = performance.now() + REST_MS;
  while (!isStill(station) && performance.now() < deadline) await Bun.sleep(LOOK_EVERY_MS);
  const { flights, descriptors, upstream } = leftOf(station);
  const scrape = await Scrape.of(await station.proxy.metrics);
  const exitCode = await station.proxy.drain();
  const sums = sumsOf(station, scrape);
  station.upstream.stop();
  return { flights, descriptors, upstream, sums, exitCode };
}

function isStill(station: Station): boolean {
  const { flights, descriptors, upstream } = leftOf(station);
  return flights === 0 && descriptors <= 0 && upstream <= 0; // Folded lines come late, so `flights` may be below 0.
}

function leftOf({ proxy, upstream, descriptorsBefore }: Station): Omit<Rest, "exitCode" | "sums"> {
  return {
    flights: proxy.flights,
    descriptors: proxy.descriptors - descriptorsBefore,
    upstream: upstream.open,
  };
}
