import type { Clock, DelayedCall } from "../../time/clock.ts";
import { timeOfDay } from "../../time/time-of-day.ts";
import type { ServerTls } from "./server-tls.ts";

const DAY_MS = 86_400_000;

/** How long before its end a certificate is warned of. */
const WARNING_MS = 14 * DAY_MS;

/** A certificate that ends soon, or has. */
export interface ExpiringCertificate {
  readonly file: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
  /** Whole days until then; less than 0: it is over. */
  readonly days: number;
}

export interface WatchOptions {
  readonly clock: Clock;
  readonly warn: (about: ExpiringCertificate) => void;
  /** Milliseconds since 1970; default: by the clock on the wall. */
  readonly now?: () => number;
}

/** Looks once a day whether the certificate of a service is about to end, or has ended. */
export class CertificateWatch {
  readonly #server: ServerTls;
  readonly #clock: Clock;
  readonly #warn: WatchOptions["warn"];
  readonly #now: () => number;
  #next: DelayedCall | undefined = undefined;

  constructor(server: ServerTls, { clock, warn, now = () => timeOfDay().getTime() }: WatchOptions) {
    this.#server = server;
    this.#clock = clock;
    this.#warn = warn;
    this.#now = now;
  }

  /** Looks now, and then each day. */
  start(): void {
    this.stop();
    this.#next = this.#clock.callLater(DAY_MS, () => this.start());
    const { expires, expiring } = this.#server;
    const left = expires - this.#now();
    if (left < WARNING_MS) this.#warn({ file: expiring, expires, days: Math.floor(left / DAY_MS) });
  }

  stop(): void {
    this.#next?.cancel();
    this.#next = undefined;
  }
}
