import type { ServerTls } from "../net/tls/server-tls.ts";
import type { Clock, DelayedCall } from "../time/clock.ts";
import { timeOfDay } from "../time/time-of-day.ts";
import type { PortEvents } from "./events.ts";
import type { Observer } from "./observer.ts";

const DAY_MS = 86_400_000;

/** How long before its end a certificate is warned of. */
const WARNING_MS = 14 * DAY_MS;

export interface WatchOptions {
  readonly clock: Clock;
  readonly observer: Observer<Pick<PortEvents, "certificateExpires">>;
  /** Milliseconds since 1970; default: by the clock on the wall. */
  readonly now?: () => number;
}

/** Looks once a day whether the certificate of a service is about to end, or has ended. */
export class CertificateWatch {
  readonly #server: ServerTls;
  readonly #clock: Clock;
  readonly #observer: WatchOptions["observer"];
  readonly #now: () => number;
  #next: DelayedCall | undefined = undefined;

  constructor(server: ServerTls, { clock, observer, now = () => timeOfDay().getTime() }: WatchOptions) {
    this.#server = server;
    this.#clock = clock;
    this.#observer = observer;
    this.#now = now;
  }

  /** Looks now, and then each day. */
  start(): void {
    this.stop();
    this.#next = this.#clock.callLater(DAY_MS, () => this.start());
    const { expires, expiring } = this.#server;
    const left = expires - this.#now();
    if (left < WARNING_MS)
      this.#observer.certificateExpires({ file: expiring, expires, days: Math.floor(left / DAY_MS) });
  }

  stop(): void {
    this.#next?.cancel();
    this.#next = undefined;
  }
}
