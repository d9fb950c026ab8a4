import type { Clock, DelayedCall } from "../../time/clock.ts";
import type { Counts, Watched } from "./watched.ts";

/** What is recorded of a service every second: totals since the start, and the last two as they are at that moment. */
export const NOTED = [
  "hit",
  "stale",
  "miss",
  "coalesced",
  "pass",
  "plain",
  "failed",
  "fetches",
  "fetchSeconds",
  "waiters",
  "clients",
] as const;

/** The name of a recorded number. */
export type Noted = (typeof NOTED)[number];

/** The numbers of a service at one moment. */
export type Moment = Readonly<Record<Noted, number>>;

/** How long moments are remembered, in seconds. */
export const REMEMBERED_S = 900;
/** How far back `loopLag` looks, in seconds. */
const LAG_S = 10;
const TICK_MS = 1000;

/** The numbers of all services over the last 15 minutes, one moment per second. It runs a timer until `stop`. */
export class History {
  readonly #services: () => readonly Watched[];
  readonly #clock: Clock;
  readonly #tracks = new Map<string, Track>();
  readonly #lags: number[] = [];
  readonly #listeners = new Set<() => void>();
  #timer: DelayedCall | undefined = undefined;
  #seconds = 0;

  constructor(services: () => readonly Watched[], clock: Clock) {
    this.#services = services;
    this.#clock = clock;
    this.#schedule();
  }

  /** How long it has been recording, in seconds. */
  get seconds(): number {
    return this.#seconds;
  }

  /** The longest delay of its timer in the last 10 seconds, in seconds. */
  get loopLag(): number {
    return Math.max(0, ...this.#lags) / 1000;
  }

  /**
   * The numbers of a service that many seconds ago, all 0 before it was first seen; undefined if it has not been seen
   * yet.
   *
   * @param tally the current counts: with other ones, an earlier service of that name was recorded
   */
  ago(service: string, seconds: number, tally?: Counts): Moment | undefined {
    const track = this.#tracks.get(service);
    return tally && track?.tally !== tally ? undefined : track?.ago(seconds);
  }

  /** The most clients of a service at any remembered moment. */
  mostClients(service: string): number {
    return this.#tracks.get(service)?.mostClients ?? 0;
  }

  /** Calls `listener` once a second, after recording, until the returned function is called. */
  onMoment(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Ends the recording: a timer would keep the process alive. */
  stop(): void {
    this.#timer?.cancel();
  }

  #schedule(): void {
    const due = this.#clock.now() + TICK_MS;
    this.#timer = this.#clock.callLater(TICK_MS, () => {
      this.#lags.push(this.#clock.now() - due);
      if (this.#lags.length > LAG_S) this.#lags.shift();
      this.#schedule();
      this.#note();
      for (const listener of this.#listeners) listener();
    });
  }

  /** Records a moment of every service, and forgets services that are gone. */
  #note(): void {
    this.#seconds++;
    const services = this.#services();
    for (const service of services) {
      let track = this.#tracks.get(service.name);
      if (track?.tally !== service.tally) this.#tracks.set(service.name, (track = new Track(service.tally)));
      track.add(momentOf(service));
    }
    if (this.#tracks.size === services.length) return;
    const names = new Set(services.map(({ name }) => name));
    for (const name of this.#tracks.keys()) if (!names.has(name)) this.#tracks.delete(name);
  }
}

/** The numbers of a service now. */
export function momentOf(service: Watched): Moment {
  const { served, failed, upstreams } = service.tally;
  const now = service.figures();
  let fetches = 0;
  let fetchSeconds = 0;
  for (const { seconds } of upstreams.values()) {
    fetches += seconds.counts.reduce((sum, each) => sum + each, 0);
    fetchSeconds += seconds.sum;
  }
  return {
    ...served,
    failed: Object.values(failed).reduce((sum, each) => sum + each, 0),
    fetches,
    fetchSeconds,
    waiters: now.waiters ?? 0,
    clients: now.clients,
  };
}

/** The moment before the first: all counters start at 0. */
const NOTHING = Object.fromEntries(NOTED.map((name) => [name, 0])) as Moment;

/** The moments of one service, in a ring of plain numbers: 15 minutes take 80 KB. */
class Track {
  readonly tally: Counts;
  readonly #values = new Float64Array(NOTED.length * REMEMBERED_S);
  #count = 0;

  constructor(tally: Counts) {
    this.tally = tally;
  }

  get mostClients(): number {
    let most = 0;
    for (let i = 0; i < Math.min(this.#count, REMEMBERED_S); i++)
      most = Math.max(most, this.#values[i * NOTED.length + NOTED.length - 1] as number);
    return most;
  }

  add(moment: Moment): void {
    const at = (this.#count++ % REMEMBERED_S) * NOTED.length;
    NOTED.forEach((name, index) => (this.#values[at + index] = moment[name]));
  }

  /** The last moment for 0; NOTHING for a time before the first; the oldest one for a time that is forgotten. */
  ago(seconds: number): Moment | undefined {
    if (this.#count === 0) return undefined;
    if (seconds >= this.#count) return NOTHING;
    const back = Math.min(seconds, REMEMBERED_S - 1);
    const at = ((this.#count - 1 - back) % REMEMBERED_S) * NOTED.length;
    return Object.fromEntries(NOTED.map((name, index) => [name, this.#values[at + index]])) as Moment;
  }
}
