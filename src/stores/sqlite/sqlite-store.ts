import { Failure, shield, singleFlight, succeed, type Deferred } from "../../deferred/mod.ts";
import type { SecondLevel } from "../../cache/second-level.ts";
import { Breaker } from "../breaker.ts";
import { StoreError } from "../store-error.ts";
import { noCounts, type StoreFigures } from "../store-figures.ts";
import type { Results } from "./messages.ts";
import { RemoteFile, type RemoteOptions } from "./remote-file.ts";
import { SqliteLevel } from "./sqlite-level.ts";

/** Options of a SqliteStore. */
export interface SqliteOptions extends RemoteOptions {
  /** Maximum size of the file, in bytes. */
  readonly maxBytes: number;
  /** Milliseconds of the wall clock since 1970. */
  readonly wall: () => number;
  /** Numbers from 0 to 1, for jitter; default: Math.random. */
  readonly random?: (() => number) | undefined;
  /** Called once when the store begins to fail. */
  readonly failed: (error: unknown) => void;
  /** Called once when it works again. */
  readonly restored: () => void;
}

/** A file in which answers outlive the process, for any number of services. */
export class SqliteStore {
  readonly #options: SqliteOptions;
  readonly #file: RemoteFile;
  readonly #breaker: Breaker;
  readonly #counts = noCounts();
  readonly #levels = new Set<SqliteLevel>();
  #measured: Results["figures"] | undefined = undefined;
  /** Without the breaker, because it may take long. */
  readonly #measure = singleFlight(() =>
    shield(
      this.#file.insist({ does: "figures" }).addCallback((measured) => void (this.#measured = measured)),
    ),
  );
  /** Whether another process has the file. */
  #isSuspended = false;

  private constructor(options: SqliteOptions) {
    this.#options = options;
    this.#file = new RemoteFile(options, (error) => this.#breaker.trip(error));
    this.#breaker = new Breaker({
      clock: options.clock,
      random: options.random,
      probe: () => this.#recover(),
      opened: options.failed,
      closed: options.restored,
    });
  }

  /**
   * Opens the file, or makes it. Fails with StoreError if the file is not ours or can never be opened; after any other
   * failure, such as a full disk, the store retries later.
   */
  static open(options: SqliteOptions): Deferred<SqliteStore> {
    const store = new SqliteStore(options);
    const { path, maxBytes } = options;
    return store.#file.insist({ does: "open", path, maxBytes }).addCallbacks(
      (damage) => {
        if (damage !== undefined) options.failed(new Error(damage));
        if (damage !== undefined) options.restored();
        store.look();
        return store;
      },
      ({ value: error }) => {
        if (error instanceof StoreError) {
          store.#file.end();
          throw error;
        }
        store.#breaker.trip(error);
        return store;
      },
    );
  }

  /**
   * The level for one service, until `letGo`.
   *
   * @param service its name and fingerprint: values stored under others are not found
   */
  level(service: string): SecondLevel {
    const level = new SqliteLevel(service, {
      file: this.#file,
      breaker: this.#breaker,
      counts: this.#counts,
      wall: this.#options.wall,
    });
    this.#levels.add(level);
    return level;
  }

  /**
   * Releases the level of a service. While the store fails it is kept, for the sake of removals that are still owed.
   */
  letGo(level: SecondLevel): void {
    if (!this.isFailing) this.#levels.delete(level as SqliteLevel);
  }

  /** Whether it is bypassed at the moment, because it failed. */
  get isFailing(): boolean {
    return this.#breaker.isOpen;
  }

  /** Its state. The size is that of the previous call, because measuring takes a while. */
  figures(): StoreFigures {
    const { path, maxBytes } = this.#options;
    this.look();
    const size = this.#measured && { ...this.#measured, maxBytes };
    const { isOpen: isFailing, failures } = this.#breaker;
    return { kind: "disk", name: path, isFailing, failures, counts: this.#counts, size };
  }

  /** Measures the size, for the next `figures`. Fires in any case. */
  look(): Deferred<void> {
    return this.isFailing ? succeed<void>(undefined) : this.#measure().addErrback(() => {});
  }

  /** Measures it now. Too slow for the path of a request. */
  measure(): Deferred<Results["figures"]> {
    return this.#breaker.run(() => this.#file.ask({ does: "figures" }));
  }

  /**
   * Writes what is still unwritten, and closes the file. Fires in any case.
   *
   * @param timeout time limit in milliseconds
   */
  close(timeout: number): Deferred<void> {
    this.#breaker.stop();
    if (this.#isSuspended) return succeed<void>(undefined);
    return this.#closeFile(timeout);
  }

  /** Closes the file, so that another process can open it. It is bypassed until `resume`. Fires in any case. */
  suspend(timeout: number): Deferred<void> {
    this.#isSuspended = true;
    this.#breaker.hold();
    return this.#closeFile(timeout);
  }

  /** Opens the file again and does what it has missed. Fires in any case; if that fails, it is retried later. */
  resume(): Deferred<void> {
    if (!this.#isSuspended) return succeed<void>(undefined);
    this.#isSuspended = false;
    const { path, maxBytes } = this.#options;
    return this.#recover(this.#file.insist({ does: "open", path, maxBytes })).addBoth((outcome) => {
      this.#breaker.release();
      if (outcome instanceof Failure) this.#breaker.trip(outcome.value);
    });
  }

  #closeFile(timeout: number): Deferred<void> {
    return this.#file.ask({ does: "close" }, timeout).addBoth(() => this.#file.end());
  }

  /** Opens the file again, and does what it has missed. */
  #recover(reopened?: Deferred): Deferred {
    const { path, maxBytes } = this.#options;
    let recovered: Deferred = reopened ?? this.#file.ask({ does: "open", path, maxBytes });
    for (const level of this.#levels) recovered = recovered.addCallback(() => level.settle());
    return recovered;
  }
}
