import type { Clock, DelayedCall } from "../../time/clock.ts";
import { DeadlineQueue } from "../../time/deadlines.ts";
import type { ClientLimits } from "./client-limits.ts";
import type { Ending } from "../ending.ts";

/** How often within a send timeout it is looked whether a client reads. */
const LOOKS = 16;

/** Milliseconds until a held client is looked at for the first time, and the most until the next time. */
const FIRST_LOOK_MS = 10;
const LONGEST_PAUSE_MS = 1_000;

/** A client that is being sent something: its connection. */
export interface Reader {
  /** Bytes that the kernel has taken for it. */
  readonly bytesOut: number;
  /** Whether our side has ended, and all of it is with the kernel. */
  readonly isLingering: boolean;
  /** Whether it has said something after our end. */
  readonly hasTalked: boolean;
  /** Asks the kernel how many bytes have not reached it; undefined where the kernel cannot be asked. */
  unread(): number | undefined;
  /** Closes its connection for good. */
  hangUp(ending?: Ending): void;
  /** Resets it. */
  abort(ending: Ending): void;
}

/** How far a client has come with what is sent to it. */
interface Progress {
  /** Bytes that have reached it, when that was last looked at. */
  taken: number | undefined;
  /** When it was last seen to take some; until then, when it was first found not to take all. */
  since: number;
}

/**
 * How long clients may take to read, and to hang up after that. What a client has read the kernel tells when it is asked,
 * which is done only when a deadline has come: nothing is asked for a client that reads and hangs up at once.
 */
export class SendLimits {
  readonly #clock: Clock;
  readonly #limits: ClientLimits;
  /** Whether a client may be still there when it should have been looked at. */
  readonly #lingerIsLong: boolean;
  /** Those that have their answer, or may have it, and should hang up. */
  readonly #lingering: DeadlineQueue<Reader>;
  /** Those that are known not to have read all: until the next look, and until the end. */
  readonly #looks: DeadlineQueue<Reader>;
  readonly #sending: DeadlineQueue<Reader>;
  readonly #progress = new Map<Reader, Progress>();
  readonly #held = new Map<Reader, DelayedCall>();

  constructor(clock: Clock, limits: ClientLimits) {
    const { linger, sendTimeout, sendTotal } = limits;
    this.#clock = clock;
    this.#limits = limits;
    this.#lingerIsLong = sendTimeout > 0 && (linger === 0 || linger > sendTimeout);
    this.#lingering = new DeadlineQueue(clock, linger, (each) => this.#lingered(each));
    this.#looks = new DeadlineQueue(clock, sendTimeout / LOOKS, (each) => this.#look(each));
    this.#sending = new DeadlineQueue(clock, sendTotal, (each) => this.#ranOut(each));
  }

  /** The kernel took a part of what was written. */
  stalled(client: Reader): void {
    this.#watch(client).since = this.#clock.now();
  }

  /** The kernel has all that was written, and more may come. */
  flowing(client: Reader): void {
    this.#unwatch(client);
  }

  /** The kernel has all there is, and our end. */
  lingering(client: Reader): void {
    this.#lingering.start(client);
    if (this.#lingerIsLong) this.#watch(client);
  }

  /** The client has ended its side as well, and the kernel still holds something for it. */
  held(client: Reader): void {
    this.#watch(client);
    this.#lookAgain(client, FIRST_LOOK_MS);
  }

  /** After its end it has said more than should be listened to. */
  talking(client: Reader): void {
    if (client.unread() === 0) client.hangUp("client/linger/too_much");
    else this.#watch(client);
  }

  released(client: Reader): void {
    this.#lingering.delete(client);
    this.#unwatch(client);
    this.#held.get(client)?.cancel();
    this.#held.delete(client);
  }

  #watch(client: Reader): Progress {
    const known = this.#progress.get(client);
    if (known) return known;
    const progress = { taken: undefined, since: this.#clock.now() };
    this.#progress.set(client, progress);
    this.#looks.start(client);
    this.#sending.start(client);
    return progress;
  }

  #unwatch(client: Reader): void {
    if (!this.#progress.delete(client)) return;
    this.#looks.delete(client);
    this.#sending.delete(client);
  }

  #look(client: Reader): void {
    const unread = client.unread();
    if (unread === 0 && client.isLingering) return this.#hasAll(client);
    const now = this.#clock.now();
    const progress = this.#progress.get(client) as Progress;
    if (unread === undefined && client.isLingering) return; // Only the total time counts.
    if (unread !== undefined) {
      const taken = client.bytesOut - unread;
      if (progress.taken !== undefined && taken > progress.taken) progress.since = now;
      progress.taken = taken;
    }
    if (now - progress.since >= this.#limits.sendTimeout) client.abort("client/data/timeout");
    else this.#looks.restart(client);
  }

  #lingered(client: Reader): void {
    const unread = client.unread();
    if (unread === 0) {
      if (this.#progress.has(client)) this.#hasAll(client);
      else client.hangUp("client/linger/timeout");
    } else if (unread === undefined && !client.hasTalked) {
      client.hangUp("client/linger/timeout"); // Nobody knows; if it stays silent, it gets the rest from the kernel.
    } else {
      this.#watch(client);
      this.#lingering.restart(client);
    }
  }

  /** Only now its time to hang up begins. */
  #hasAll(client: Reader): void {
    this.#unwatch(client);
    this.#lingering.restart(client);
  }

  #ranOut(client: Reader): void {
    if (client.isLingering && client.unread() === 0) client.hangUp("client/linger/timeout");
    else client.abort("client/data/total");
  }

  /** Nothing tells when a held client has read the rest. */
  #lookAgain(client: Reader, pause: number): void {
    const look = () => {
      if (client.unread() === 0) client.hangUp();
      else this.#lookAgain(client, Math.min(2 * pause, LONGEST_PAUSE_MS));
    };
    this.#held.set(client, this.#clock.callLater(pause, look));
  }
}
