import { CancelledError, type Deferred } from "../deferred/mod.ts";
import type { Load, Loaded } from "./load.ts";
import { freshness, shorter, type Lifetime } from "./freshness.ts";
import type { Numbers } from "./numbers.ts";

/** Where an answer came from: an upstream, the store of this machine, or the store that nodes share. */
export type Origin = "upstream" | "store" | "shared";

/** A value that can be stored outside of this process. */
export interface Portable extends Loaded {
  readonly bytes: Uint8Array;
  readonly origin: Origin;
}

/** A request to a second level. */
export interface LevelWish {
  /** Only a value with a larger number will do; 0: any that is still usable. */
  readonly newerThan: number;
  /** The number of the load, if one is needed. */
  readonly number: number;
}

/**
 * The right to load a value, because the level has no suitable one. Exactly one of its methods must be called, once.
 */
export interface Turn {
  /** The number that the load must have; default: the wish's. */
  readonly number?: number;
  /** The value has been loaded. It is stored without anybody waiting (write-behind). */
  put(value: Portable): void;
  /** The value has been loaded and must not be stored; older ones must no longer be served. */
  drop(value: Portable): void;
  /** The load has failed. */
  fail(error: unknown): void;
}

/** What to purge: one key, the keys that match, or all. */
export type Forget = { readonly key: string } | { readonly matches: (key: string) => boolean } | "all";

/**
 * A store behind the memory of a cache, as one service sees it. It outlives the process or is shared with other nodes.
 * It may be slow, full or unreachable, and callers must cope with that.
 */
export interface SecondLevel {
  /**
   * Looks for a value that is new enough, even if it is past its ttl; if there is none, grants the right to load one.
   * Where loads are leased, it waits for the holder of the lease. Fails if the level cannot be reached, or with
   * LoadElsewhereError.
   */
  get(key: string, wish: LevelWish): Deferred<Portable | Turn>;
  /** A newer value is known: values with a smaller number must no longer be served. */
  drop(key: string, number: number): void;
  /** Drops entries, and does not store what is being loaded. Fires with the number of entries once that is durable. */
  purge(what: Forget): Deferred<number>;
  /** Sets who is notified of purges by other nodes; absent: there are none. */
  readonly onPurgeElsewhere?: (listener: PurgeListener) => void;
}

/** Called when another node has purged a key or all; `outdated`: purges may have been missed. */
export type PurgeListener = (what: { readonly key: string } | "all" | "outdated") => void;

/** Another node held the lease and its load failed, so its waiters here fail, too. */
export class LoadElsewhereError extends Error {
  override readonly name = "LoadElsewhereError";

  /**
   * @param ending how the connections of its waiters ended
   * @param said the refusal that they got instead of a value, if any
   */
  constructor(
    message: string,
    readonly ending: string,
    readonly said?: Uint8Array,
  ) {
    super(message);
  }
}

/** Options of through(). */
export interface ThroughOptions<R> {
  readonly numbers: Numbers;
  /** How long such a value may be served by the rules in force. */
  readonly lifetimeOf: (bytes: Uint8Array, request: R) => Lifetime;
}

/** Reads from `level` before `load`, and stores loaded values in it. A failing level is bypassed. */
export function through<R, V extends Portable>(
  level: SecondLevel,
  { numbers, lifetimeOf }: ThroughOptions<R>,
  load: Load<R, V>,
): Load<R, V | Portable> {
  return (request, wish, key) => {
    const own = (wish.number ??= numbers.next());
    return ask(wish.newerThan);

    function ask(newerThan: number): Deferred<V | Portable> {
      return level.get(key, { newerThan, number: own }).addCallbacks(
        (found) => ("put" in found ? take(found) : judge(found)),
        (failure) => {
          if (failure.check(CancelledError, LoadElsewhereError)) return failure;
          return load(request, wish, key).addCallback((value) => {
            level.drop(key, value.number); // It has missed the newer value.
            return value;
          });
        },
      );
    }

    /** A value that was stored under other rules is served no longer than the present ones allow. */
    function judge(found: Portable): Portable | Deferred<V | Portable> {
      numbers.see(found.number);
      if (found.lifetime.ttl === 0) return found; // Not stored anywhere: for waiters only.
      const lifetime = shorter(found.lifetime, lifetimeOf(found.bytes, request));
      return freshness(found.age, lifetime) === "expired" ? ask(found.number) : { ...found, lifetime };
    }

    function take(turn: Turn): Deferred<V> {
      wish.number = turn.number ?? own;
      numbers.see(wish.number);
      return load(request, wish, key).addCallbacks(
        (value) => {
          if (value.lifetime.ttl === 0) turn.drop(value);
          else turn.put(value);
          return value;
        },
        (failure) => {
          turn.fail(failure.value);
          return failure;
        },
      );
    }
  };
}
