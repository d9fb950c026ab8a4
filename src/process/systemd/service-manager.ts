import { fromPromise, type Deferred } from "../../deferred/mod.ts";
import { monotonicMicroseconds } from "../../net/libc.ts";
import type { Clock, DelayedCall } from "../../time/clock.ts";
import type { Given } from "./given.ts";
import { Notifier, type News } from "./notifier.ts";

export interface ServiceManagerOptions {
  readonly clock: Clock;
  /** What the process does now, in a sentence: after a reload that failed, `why` it did. */
  readonly status: (why?: string) => string;
  /** Told once that something could not be told. */
  readonly failed: (error: Error) => void;
}

/** Milliseconds between two requests for more time to stop in, and how much each asks for: what hangs is killed that late. */
const EXTEND_EACH = 10_000;
const EXTEND_BY = 30_000;

/** Milliseconds that the last news may take. */
const PATIENCE = 1_000;

/** The service manager that started this process, systemd as a rule: it hears when the process is ready, reloads, stops, and that it lives. */
export class ServiceManager {
  readonly #options: ServiceManagerOptions;
  readonly #notifier: Notifier;
  readonly #watchdog: number | undefined;
  readonly #timers = new Map<string, DelayedCall>();
  /** Reloads under way. */
  #reloads = 0;
  #why: string | undefined = undefined;
  #isStopping = false;

  private constructor(socket: string, { watchdog }: Given, options: ServiceManagerOptions) {
    this.#options = options;
    this.#notifier = new Notifier(socket, options.failed);
    this.#watchdog = watchdog;
  }

  /** The one that wants to hear of this process; undefined: none does. */
  static of(given: Given, options: ServiceManagerOptions): ServiceManager | undefined {
    const { notifySocket } = given;
    return notifySocket === undefined ? undefined : new ServiceManager(notifySocket, given, options);
  }

  /** Everything listens. From now on the watchdog is fed, by the event loop: if that hangs, so does the process. */
  ready(): void {
    if (this.#isStopping) return;
    this.tell({ READY: 1, STATUS: this.#options.status(this.#why) });
    if (this.#watchdog !== undefined) this.#repeat("watchdog", this.#watchdog / 2, { WATCHDOG: 1 });
  }

  /** Tells of a reload from its beginning to its end. One that fails leaves the process as ready as it was before. */
  reload<T>(reload: () => Deferred<T>): Deferred<T> {
    this.#reloads++;
    if (!this.#isStopping) this.#tellReloading();
    return reload().addCallbacks(
      (done) => {
        this.#reloaded(undefined);
        return done;
      },
      (failure) => {
        this.#reloaded((failure.value as Error).message);
        return failure;
      },
    );
  }

  /** Stops, and asks for as much time as that takes: how much it may take is limited elsewhere. */
  stopping(): void {
    this.#isStopping = true;
    const extension = { EXTEND_TIMEOUT_USEC: EXTEND_BY * 1000 };
    this.tell({ STOPPING: 1, STATUS: "Stopping.", ...extension });
    this.#repeat("stop", EXTEND_EACH, extension);
  }

  /** Another process is the main one from now on: it tells the rest. */
  replacedBy(pid: number): void {
    this.tell({ MAINPID: pid });
    this.#isStopping = true;
    this.#timers.get("watchdog")?.cancel();
  }

  #tellReloading(): void {
    const now = monotonicMicroseconds();
    this.tell({ RELOADING: 1, ...(now !== undefined && { MONOTONIC_USEC: now }), STATUS: "Reloading." });
  }

  #reloaded(why: string | undefined): void {
    this.#why = why;
    this.#reloads--;
    if (this.#reloads === 0) this.ready();
  }

  tell(news: News): void {
    this.#notifier.tell(news);
  }

  /** Says nothing more by itself. Fires when everything has been told, or a second has passed. */
  close(): Deferred<void> {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
    return fromPromise(this.#notifier.done)
      .addTimeout(PATIENCE, this.#options.clock)
      .addErrback(() => {});
  }

  /** Tells it each `ms` milliseconds from now. */
  #repeat(name: string, ms: number, news: News): void {
    this.#timers.get(name)?.cancel();
    const again = () => {
      this.tell(news);
      this.#repeat(name, ms, news);
    };
    this.#timers.set(name, this.#options.clock.callLater(ms, again));
  }
}
