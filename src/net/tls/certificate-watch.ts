import type { Clock, DelayedCall } from "../../time/clock.ts";
import { timeOfDay } from "../../time/time-of-day.ts";
import type { ServerTls } from "./server-tls.ts";

const DAY_MS = 86_400_000;

/** How long before the expiry of a certificate warnings begin, in milliseconds. */
const WARNING_MS = 14 * DAY_MS;

/** A certificate that expires soon or has expired. */
export interface ExpiringCertificate {
  readonly file: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
  /** Whole days until then; negative if it has expired. */
  readonly days: number;
}

/** Options of a CertificateWatch. */
export interface WatchOptions {
  readonly clock: Clock;
  readonly warn: (about: ExpiringCertificate) => void;
  /** Milliseconds since 1970; default: the wall clock. */
  readonly now?: () => number;
}

/** Warns once a day if a certificate of a service is about to expire or has expired. */
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

  /** Checks now, and then every day. */
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
