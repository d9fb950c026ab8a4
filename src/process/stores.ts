import { Numbers } from "../cache/numbers.ts";
import type { SecondLevel } from "../cache/second-level.ts";
import { succeed, type Deferred } from "../deferred/mod.ts";
import type { ProcessEvents } from "../observe/events.ts";
import type { Observer } from "../services/observer.ts";
import type { SecondLevels } from "../services/proxy/proxy.ts";
import type { stores } from "../settings/rows/stores.ts";
import type { Values } from "../settings/settle.ts";
import { SqliteStore } from "../stores/sqlite/sqlite-store.ts";
import type { Clock } from "../time/clock.ts";
import { wallClock } from "../time/time-of-day.ts";

/** Where to keep answers; of a service that keeps none these settings are absent. */
export type StoreSettings = Partial<Values<typeof stores>>;

export interface StoreSurroundings {
  readonly clock: Clock;
  readonly observer: Observer<Pick<ProcessEvents, "storeFailing" | "storeRestored">>;
}

/** What the last writes may take when the process ends, in milliseconds. */
const CLOSE_MS = 1_000;

/** The second levels of a process: opened once, and used by all of its services, whatever is reloaded. */
export class Stores {
  readonly #numbers = new Numbers(wallClock);
  readonly #stores: readonly SqliteStore[];

  private constructor(opened: readonly SqliteStore[]) {
    this.#stores = opened;
  }

  /** Fails with StoreError for one that cannot be opened. */
  static open(settings: StoreSettings, surroundings: StoreSurroundings): Deferred<Stores> {
    const { store: path, "store-size": maxBytes = 0, "store-timeout": timeout = 0 } = settings;
    if (path === undefined) return succeed(new Stores([]));
    const { clock, observer } = surroundings;
    return SqliteStore.open({
      path,
      maxBytes,
      timeout: timeout === 0 ? Infinity : timeout,
      clock,
      wall: wallClock,
      failed: (error) => observer.storeFailing({ store: path, error }),
      restored: () => observer.storeRestored({ store: path }),
    }).addCallback((store) => new Stores([store]));
  }

  /**
   * The levels of one service; undefined: there are none.
   *
   * @param shape everything that its answers depend on
   */
  levelsOf(service: string, shape: string): SecondLevels | undefined {
    if (this.#stores.length === 0) return undefined;
    const label = `${service} ${fingerprintOf(shape)}`;
    const levels = this.#stores.map((store): SecondLevel => store.level(label));
    return { levels, numbers: this.#numbers };
  }

  /** Writes what is still to be written. Fires in any case. */
  close(): Deferred<void> {
    return this.#stores.reduce<Deferred<void>>(
      (before, store) => before.addCallback(() => store.close(CLOSE_MS)),
      succeed().addCallback(() => {}),
    );
  }
}

/** Services with the same one share what they keep. */
function fingerprintOf(shape: string): string {
  return new Bun.CryptoHasher("sha256").update(shape).digest("hex").slice(0, 16);
}
