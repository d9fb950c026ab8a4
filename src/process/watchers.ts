import { AccessLog } from "../observe/access-log.ts";
import type { Events } from "../observe/events.ts";
import type { LineStyle } from "../observe/lines.ts";
import type { Log } from "../observe/log.ts";
import { Tally } from "../observe/numbers/tally.ts";
import { observerOf } from "../observe/observer-of.ts";
import { showing } from "../observe/requests-shown.ts";
import type { Observer } from "../services/observer.ts";
import type { watching } from "../settings/rows/watching.ts";
import type { Values } from "../settings/settled.ts";
import type { Clock } from "../time/clock.ts";

/** What the services of a process tell, and whom. */
export type WatchSettings = Values<typeof watching>;

export interface WatcherOptions {
  readonly settings: WatchSettings;
  readonly style: LineStyle;
  readonly clock: Clock;
  /** Takes a line of the access log. */
  readonly write: (line: string) => unknown;
  /** Whether somebody reads numbers. */
  readonly counts: boolean;
}

/** Those who watch the services of a process: its log, its access log, its numbers. */
export class Watchers {
  readonly #options: WatcherOptions;
  readonly #tallies = new Map<string, Tally>();
  readonly #show;

  constructor(options: WatcherOptions) {
    this.#options = options;
    this.#show = showing(options.settings["log-requests"]);
  }

  /** Whether each client is looked at while it is there: who it is, and since when. */
  get keepsAccess(): boolean {
    return this.#options.settings["access-log"] !== "off";
  }

  /** The observer of the service that is called `name`: it tells the log, and whoever else wants to know. */
  observerOf(name: string, log: Log): Observer<Events> {
    const { settings, counts, ...rest } = this.#options;
    const mode = settings["access-log"];
    const access =
      mode === "off" ? undefined : new AccessLog({ ...rest, mode, service: name, show: this.#show });
    return observerOf(log, { access, show: this.#show, tally: counts ? this.tallyOf(name) : undefined });
  }

  /** What has been counted of the service that is called `name`, whatever became of it in between. */
  tallyOf(name: string): Tally {
    const known = this.#tallies.get(name);
    if (known) return known;
    const tally = new Tally();
    this.#tallies.set(name, tally);
    return tally;
  }

  /** Forgets the services that are not among `names` any more. */
  keepOnly(names: readonly string[]): void {
    for (const name of this.#tallies.keys()) if (!names.includes(name)) this.#tallies.delete(name);
  }
}
