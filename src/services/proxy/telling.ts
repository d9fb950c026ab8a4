import type { Cache, Landing } from "../../cache/cache.ts";
import { Failure } from "../../deferred/mod.ts";
import type { EndsConnection } from "../../net/ending.ts";
import { FetchError } from "../fetch/errors.ts";
import type { Fetching } from "../fetch/fetch.ts";
import type { Fetched } from "../fetch/layer.ts";
import type { Figures } from "../figures.ts";
import type { FetchLanding } from "./events.ts";

/** The event for the end of a shared fetch. */
export function asTold({ wish, outcome, waiters, why }: Landing<Fetched>): FetchLanding {
  if (!(outcome instanceof Failure)) return { wish, fetch: outcome.fetch, waiters, why };
  const { value: error } = outcome;
  return { wish, fetch: (error as Partial<EndsConnection>).fetch, waiters, error };
}

/** Whether a fetch failed without trying an upstream, which says nothing about its key. */
export function saysNothing(error: unknown): boolean {
  return error instanceof FetchError && (error.isRepeated || error.reason === "held");
}

/** The figures of a proxy, besides those that every service has. */
export function figuresOf(
  {
    entries,
    bytes,
    evictions,
    waiters,
  }: Pick<Cache<never, Fetched>, "entries" | "bytes" | "evictions" | "waiters">,
  { gate, upstreams }: Fetching,
  maxBytes: number,
): Pick<Figures, "waiters" | "cache" | "fetches" | "upstreams"> {
  return {
    waiters,
    cache: { entries, bytes, maxBytes, evictions },
    fetches: {
      inFlight: gate.running,
      limit: gate.limit,
      queue: gate.waiting,
      queueBytes: gate.waitingBytes,
    },
    upstreams: upstreams.figures(),
  };
}
