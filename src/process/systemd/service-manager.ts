import { fromPromise, type Deferred } from "../../deferred/mod.ts";
import { monotonicMicroseconds } from "../../net/libc.ts";
import type { Clock, DelayedCall } from "../../time/clock.ts";
import type { Given } from "./given.ts";
import { Notifier, type News } from "./notifier.ts";

/** What to report, and whom to tell if that fails. */
export interface ServiceManagerOptions {
  readonly clock: Clock;
  /** Describes what the process is doing, in a sentence; `why`: the reason if the last reload failed. */
  readonly status: (why?: string) => string;
  /** Called once, if a notification fails. */
  readonly failed: (error: Error) => void;
}

/** How often to ask for more time to stop, and for how much, in milliseconds: a hung process is killed after that. */
const EXTEND_EACH = 10_000;
const EXTEND_BY = 30_000;

/** Time limit for the last notifications, in milliseconds. */
const CLOSE_MS = 1_000;

/**
 * The service manager that started this process, usually systemd. It is notified when the process is ready, reloads and
 * stops, and, if it has a watchdog, that the process is alive.
 */
export class ServiceManager {
  readonly #options: ServiceManagerOptions;
  readonly #notifier: Notifier;
  readonly #watchdog: number | undefined;
  readonly #timers = new Map<string, DelayedCall>();
  /** How many reloads are under way. */
  #reloads = 0;
  /** Why the last reload failed; undefined: it did not. */
  #why: string | undefined = undefined;
  #isStopping = false;

  private constructor(socket: string, { watchdog }: Given, options: ServiceManagerOptions) {
    this.#options = options;
    this.#notifier = new Notifier(socket, options.failed);
    this.#watchdog = watchdog;
  }

  /** The manager that wants notifications of this process; undefined if there is none. */
  static of(given: Given, options: ServiceManagerOptions): ServiceManager | undefined {
    const { notifySocket } = given;
    return notifySocket === undefined ? undefined : new ServiceManager(notifySocket, given, options);
  }

  /** All services listen. From now on a timer feeds the watchdog, so that a blocked event loop is noticed. */
  ready(): void {
    if (this.#isStopping) return;
    this.tell({ READY: 1, STATUS: this.#options.status(this.#why) });
    if (this.#watchdog !== undefined) this.#repeat("watchdog", this.#watchdog / 2, { WATCHDOG: 1 });
  }

  /** Reports the start and the end of a reload. After a failed one the process is as ready as before. */
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

  /** Reports the stop, and keeps asking for more time: the drain timeout limits it, not TimeoutStopSec=. */
  stopping(): void {
    this.#isStopping = true;
    const extension = { EXTEND_TIMEOUT_USEC: EXTEND_BY * 1000 };
    this.tell({ STOPPING: 1, STATUS: "Stopping.", ...extension });
    this.#repeat("stop", EXTEND_EACH, extension);
  }

  /** Another process is the main one from now on; it sends all further notifications. */
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

  /** Sends a notification; failures are reported once, by `failed`. */
  tell(news: News): void {
    this.#notifier.tell(news);
  }

  /** Stops its timers. Fires when everything has been sent, or after a second. */
  close(): Deferred<void> {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
    return fromPromise(this.#notifier.done)
      .addTimeout(CLOSE_MS, this.#options.clock)
      .addErrback(() => {});
  }

  /** Sends a notification every `ms` milliseconds from now on. */
  #repeat(name: string, ms: number, news: News): void {
    this.#timers.get(name)?.cancel();
    const again = () => {
      this.tell(news);
      this.#repeat(name, ms, news);
    };
    this.#timers.set(name, this.#options.clock.callLater(ms, again));
  }
}
