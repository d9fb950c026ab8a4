import { Failure, shield, singleFlight, succeed, type Deferred } from "../../deferred/mod.ts";
import type { SecondLevel } from "../../cache/second-level.ts";
import { Breaker } from "../breaker.ts";
import { StoreError } from "../store-error.ts";
import { noCounts, type StoreFigures } from "../store-figures.ts";
import type { Results } from "./messages.ts";
import { RemoteFile, type RemoteOptions } from "./remote-file.ts";
import { SqliteLevel } from "./sqlite-level.ts";

export interface SqliteOptions extends RemoteOptions {
  /** Bytes of the file. */
  readonly maxBytes: number;
  /** The milliseconds of the wall clock since 1970. */
  readonly wall: () => number;
  /** Numbers from 0 to 1, for jitter; default: Math.random. */
  readonly random?: (() => number) | undefined;
  /** Told once when the store begins to fail. */
  readonly failed: (error: unknown) => void;
  /** Told once when it works again. */
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
  /** It may take its time: the breaker does not count it. */
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
   * Opens the file, or makes it. Fails with StoreError for one that is to be left alone or cannot be there; one that fails in
   * another way, such as a full disk, is tried again later.
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

  /** What a service sees of it, until it is let go. */
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

  /** The service has gone. What a level owes to a store that fails, it owes all the same. */
  letGo(level: SecondLevel): void {
    if (!this.isFailing) this.#levels.delete(level as SqliteLevel);
  }

  /** Whether it is bypassed at the moment, because it failed. */
  get isFailing(): boolean {
    return this.#breaker.isOpen;
  }

  /** What it is like. Its size is that of the last look: this is one, too. */
  figures(): StoreFigures {
    const { path, maxBytes } = this.#options;
    this.look();
    const size = this.#measured && { ...this.#measured, maxBytes };
    const { isOpen: isFailing, failures } = this.#breaker;
    return { kind: "disk", name: path, isFailing, failures, counts: this.#counts, size };
  }

  /** Has its size counted, for the next figures. Fires in any case. */
  look(): Deferred<void> {
    return this.isFailing ? succeed<void>(undefined) : this.#measure().addErrback(() => {});
  }

  /** Counts what there is: not on the way of a request. */
  measure(): Deferred<Results["figures"]> {
    return this.#breaker.run(() => this.#file.ask({ does: "figures" }));
  }

  /**
   * Writes what is still to be written, and closes the file. Fires in any case.
   *
   * @param timeout milliseconds that it may take
   */
  close(timeout: number): Deferred<void> {
    this.#breaker.stop();
    if (this.#isSuspended) return succeed<void>(undefined);
    return this.#closeFile(timeout);
  }

  /** Closes the file, because another process is to have it: it is bypassed until `resume`. Fires in any case. */
  suspend(timeout: number): Deferred<void> {
    this.#isSuspended = true;
    this.#breaker.hold();
    return this.#closeFile(timeout);
  }

  /** Has the file again, and does what it has missed. Fires in any case: if that fails, it is tried again later. */
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

  /** Opens the file again, and has it do what it has missed. */
  #recover(reopened?: Deferred): Deferred {
    const { path, maxBytes } = this.#options;
    let recovered: Deferred = reopened ?? this.#file.ask({ does: "open", path, maxBytes });
    for (const level of this.#levels) recovered = recovered.addCallback(() => level.settle());
    return recovered;
  }
}
