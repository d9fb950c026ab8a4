import { CancelledError, type Deferred } from "../deferred/mod.ts";
import type { Load, Loaded } from "./load.ts";
import { freshness, shorter, type Lifetime } from "./freshness.ts";
import type { Numbers } from "./numbers.ts";

/** Where an answer was found: at an upstream, in the store of this machine, or in the one that nodes share. */
export type Origin = "upstream" | "store" | "shared";

/** A value that can be kept outside of this process. */
export interface Portable extends Loaded {
  readonly bytes: Uint8Array;
  readonly origin: Origin;
}

/** A request to a second level. */
export interface LevelWish {
  /** Only a value with a larger number will do; 0: any that may still be served. */
  readonly newerThan: number;
  /** The number of the load, if there has to be one. */
  readonly number: number;
}

/** The right to load a value, because the level has none that will do. Exactly one of its methods is called, once. */
export interface Turn {
  /** The number that the load must have; default: the wish's. */
  readonly number?: number;
  /** The value has been loaded. It is written behind: nobody waits. */
  put(value: Portable): void;
  /** The value has been loaded and is not to be kept, but older ones must not be served from now on. */
  drop(value: Portable): void;
  /** The load has failed. */
  fail(error: unknown): void;
}

/** What to forget: one key, the keys that match, or all. */
export type Forget = { readonly key: string } | { readonly matches: (key: string) => boolean } | "all";

/**
 * A store behind the memory of a cache, seen by one service. It outlives the process or is shared with other nodes, and it
 * may be slow, full or gone: callers must be able to do without it.
 */
export interface SecondLevel {
  /**
   * Looks for a value newer than the wish demands, past its ttl or not; without one, grants the right to load it. Where loads
   * are leased, it waits for the holder of the lease. Fails if the level cannot be asked, or with LoadElsewhereError.
   */
  get(key: string, wish: LevelWish): Deferred<Portable | Turn>;
  /** A newer value is known: values with a smaller number must not be served any more. */
  drop(key: string, number: number): void;
  /** Forgets entries, and does not keep what is being loaded. Fires with the number of entries once that is durable, or fails. */
  purge(what: Forget): Deferred<number>;
  /** Absent: nobody else can purge. */
  readonly onPurgeElsewhere?: (listener: PurgeListener) => void;
}

/** Another node has purged a key, or all; `outdated`: it may have, but there is no way to know. */
export type PurgeListener = (what: { readonly key: string } | "all" | "outdated") => void;

/** Another node had the lease and its load failed, so those who waited for it fail, too. */
export class LoadElsewhereError extends Error {
  override readonly name = "LoadElsewhereError";

  /**
   * @param ending how the waiters of that load were ended
   * @param said what they got to read instead of a value, if anything
   */
  constructor(
    message: string,
    readonly ending: string,
    readonly said?: Uint8Array,
  ) {
    super(message);
  }
}

export interface ThroughOptions<R> {
  readonly numbers: Numbers;
  /** How long such a value may be served by the rules in force now. */
  readonly lifetimeOf: (bytes: Uint8Array, request: R) => Lifetime;
}

/** Asks `level` before `load`, and stores what was loaded in it. A level that fails is bypassed. */
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
            level.drop(key, value.number); // It could not take the newer value.
            return value;
          });
        },
      );
    }

    /** A value stored under other rules is served no longer than today's allow. */
    function judge(found: Portable): Portable | Deferred<V | Portable> {
      numbers.see(found.number);
      if (found.lifetime.ttl === 0) return found; // Not kept anywhere: only for those who waited.
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
