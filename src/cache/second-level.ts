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

/** What a second level is asked for. */
export interface LevelWish {
  /** Nothing with this number or a smaller one will do; 0: anything that may still be served. */
  readonly newerThan: number;
  /** The number of the load, should it come to that. */
  readonly number: number;
}

/** The right to load a value: the level has nothing that serves. Exactly one of its methods is called, once. */
export interface Turn {
  /** The number that the level wants the load to have; absent: the wish's. */
  readonly number?: number;
  /** Here is the value. Written behind: nobody waits for it. */
  put(value: Portable): void;
  /** This value is not to be kept, but older ones must not be served after it. */
  drop(value: Portable): void;
  /** There will be none. */
  fail(error: unknown): void;
}

/** What is to be forgotten: one key, those that match, or all. */
export type Forget = { readonly key: string } | { readonly matches: (key: string) => boolean } | "all";

/**
 * A store behind the memory of a cache, seen by one service. It outlives the process or is shared with other nodes, and it
 * may be slow, full or gone: whoever asks it must be able to do without.
 */
export interface SecondLevel {
  /**
   * Looks for a value newer than the wish says, past its ttl or not, and gives the right to load one where there is none.
   * Where loads are leased it waits for whoever has the lease. Fails when the level cannot be asked, or with LoadElsewhereError.
   */
  get(key: string, wish: LevelWish): Deferred<Portable | Turn>;
  /** A newer value is known than whatever it has with a smaller number: that must not be served any more. */
  drop(key: string, number: number): void;
  /** Forgets, and does not keep what is being loaded. Fires with how many entries have gone once that is safe, or fails. */
  purge(what: Forget): Deferred<number>;
  /** Absent: nobody else can purge. */
  readonly onPurgeElsewhere?: (listener: PurgeListener) => void;
}

/** Told that another node has purged a key, or all; `outdated`: it may have, but that cannot be known. */
export type PurgeListener = (what: { readonly key: string } | "all" | "outdated") => void;

/** Another node had the lease, and its load failed: whoever waited for it fails with it. */
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

/** Asks `level` before `load`, and gives it what was loaded. While the level fails it is as if it were not there. */
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
            level.drop(key, value.number); // It could not take the newer one.
            return value;
          });
        },
      );
    }

    /** What was stored under other rules is not served for longer than today's allow. */
    function judge(found: Portable): Portable | Deferred<V | Portable> {
      numbers.see(found.number);
      if (found.lifetime.ttl === 0) return found; // Kept nowhere: it is for those who waited.
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
