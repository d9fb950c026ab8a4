import type { Clock, DelayedCall } from "../../time/clock.ts";
import { DeadlineQueue, Deadlines, type Deadline } from "../../time/deadlines.ts";
import type { ClientLimits } from "./client-limits.ts";
import type { Ending } from "../ending.ts";

/** How many times a client is checked for progress per send timeout. */
const LOOKS = 16;

/** The first and the longest pause between checks of a held client, in milliseconds. */
const FIRST_LOOK_MS = 10;
const LONGEST_PAUSE_MS = 1_000;

/** The connection of a client that is being sent something. */
export interface Reader {
  /** Bytes that the kernel has accepted for it. */
  readonly bytesOut: number;
  /** Whether we have sent our FIN: the kernel has everything. */
  readonly isLingering: boolean;
  /** Whether it has sent something after our FIN. */
  readonly hasTalked: boolean;
  /** Until when it may linger; only SendLimits uses it. */
  lingerEnds?: Deadline<Reader> | undefined;
  /** How many bytes have not reached it; undefined if the kernel cannot tell. */
  unread(): number | undefined;
  /** Closes its connection for good. */
  hangUp(ending?: Ending): void;
  /** Resets it. */
  abort(ending: Ending): void;
}

/** The progress of a client. */
interface Progress {
  /** Bytes that had reached it at the last check. */
  taken: number | undefined;
  /** When it last made progress, as seen by checks; before that, when it was first behind. */
  since: number;
}

/**
 * Limits how long clients may take to read, and to hang up after that. The kernel knows how much a client has received,
 * but is asked only at deadlines: a client that reads and hangs up at once costs no system call.
 */
export class SendLimits {
  readonly #clock: Clock;
  readonly #limits: ClientLimits;
  /** Whether a lingering client needs checks, because it may linger for longer than the send timeout. */
  readonly #lingerIsLong: boolean;
  /** Clients that have, or may have, received everything and should hang up. */
  readonly #lingering: Deadlines<Reader>;
  /** Clients that are, or may be, behind: until the next check, and until the total timeout. */
  readonly #looks: DeadlineQueue<Reader>;
  readonly #sending: DeadlineQueue<Reader>;
  readonly #progress = new Map<Reader, Progress>();
  readonly #held = new Map<Reader, DelayedCall>();

  constructor(clock: Clock, limits: ClientLimits) {
    const { linger, sendTimeout, sendTotal } = limits;
    this.#clock = clock;
    this.#limits = limits;
    this.#lingerIsLong = sendTimeout > 0 && (linger === 0 || linger > sendTimeout);
    this.#lingering = new Deadlines(clock, linger, (each) => this.#lingered(each));
    this.#looks = new DeadlineQueue(clock, sendTimeout / LOOKS, (each) => this.#look(each));
    this.#sending = new DeadlineQueue(clock, sendTotal, (each) => this.#ranOut(each));
  }

  /** The kernel accepted only a part of the written bytes. */
  stalled(client: Reader): void {
    this.#watch(client).since = this.#clock.now();
  }

  /** The kernel has accepted everything written so far. */
  flowing(client: Reader): void {
    this.#unwatch(client);
  }

  /** The kernel has everything, including our FIN. */
  lingering(client: Reader): void {
    this.#linger(client);
    if (this.#lingerIsLong) this.#watch(client);
  }

  /** The client has hung up, too, but the kernel still holds something for it. */
  held(client: Reader): void {
    this.#watch(client);
    this.#lookAgain(client, FIRST_LOOK_MS);
  }

  /** The client has sent too much after our FIN. */
  talking(client: Reader): void {
    if (client.unread() === 0) client.hangUp("client/linger/too_much");
    else this.#watch(client);
  }

  released(client: Reader): void {
    if (client.lingerEnds) this.#lingering.cancel(client.lingerEnds);
    // Most clients never get this far: nothing is looked up for them.
    if (this.#progress.size > 0) this.#unwatch(client);
    if (this.#held.size > 0) this.#letGo(client);
  }

  /** Starts, or restarts, its time to hang up. */
  #linger(client: Reader): void {
    if (client.lingerEnds) this.#lingering.cancel(client.lingerEnds);
    client.lingerEnds = this.#lingering.start(client);
  }

  #letGo(client: Reader): void {
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
    if (unread === undefined && client.isLingering) return; // No progress can be seen: only the total timeout counts.
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
      client.hangUp("client/linger/timeout"); // Unknown. A silent client still gets the rest from the kernel.
    } else {
      this.#watch(client);
      this.#linger(client);
    }
  }

  /** It has received everything: its time to hang up begins now. */
  #hasAll(client: Reader): void {
    this.#unwatch(client);
    this.#linger(client);
  }

  #ranOut(client: Reader): void {
    if (client.isLingering && client.unread() === 0) client.hangUp("client/linger/timeout");
    else client.abort("client/data/total");
  }

  /** Polls, because there is no event when a held client has received the rest. */
  #lookAgain(client: Reader, pause: number): void {
    const look = () => {
      if (client.unread() === 0) client.hangUp();
      else this.#lookAgain(client, Math.min(2 * pause, LONGEST_PAUSE_MS));
    };
    this.#held.set(client, this.#clock.callLater(pause, look));
  }
}
