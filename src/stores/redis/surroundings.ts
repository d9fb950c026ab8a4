import type { Clock } from "../../time/clock.ts";
import type { Breaker } from "../breaker.ts";
import type { StoreCounts } from "../store-figures.ts";
import type { Link } from "./redis-link.ts";
import type { Waits } from "./waits.ts";

/** What all services that use a server share. */
export interface RedisSurroundings {
  readonly clock: Clock;
  readonly link: Link;
  readonly breaker: Breaker;
  readonly waits: Waits;
  readonly counts: StoreCounts;
  /** Names this process among the nodes. */
  readonly node: string;
}

/** Milliseconds to wait for commands that no client waits for, because a busy moment is not a failure. */
export const PATIENCE_MS = 1_000;

/** Milliseconds until a lease expires unless it is renewed. */
export const LEASE_MS = 5_000;
