import { AccessLog } from "../observe/access-log.ts";
import type { Events } from "../observe/events.ts";
import type { LineStyle } from "../observe/lines.ts";
import type { Log } from "../observe/log.ts";
import { Tally } from "../observe/numbers/tally.ts";
import { observerOf } from "../observe/observer-of.ts";
import { showing, type Show, type ShownRequests } from "../observe/requests-shown.ts";
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
  /** One of each kind: requests that are the same have the same hash, whichever service they are for. */
  readonly #shows = new Map<ShownRequests, Show>();

  constructor(options: WatcherOptions) {
    this.#options = options;
  }

  /** Whether each client is looked at while it is there: who it is, and since when. */
  get keepsAccess(): boolean {
    return this.#options.settings["access-log"] !== "off";
  }

  /**
   * The observer of the service that is called `name`: it tells the log, and whoever else wants to know.
   *
   * @param shown how it shows requests; default: as the settings of the process say
   */
  observerOf(name: string, log: Log, shown?: ShownRequests): Observer<Events> {
    const { settings, counts, ...rest } = this.#options;
    const show = this.#showing(shown ?? settings["log-requests"]);
    const mode = settings["access-log"];
    const access = mode === "off" ? undefined : new AccessLog({ ...rest, mode, service: name, show });
    return observerOf(log, { access, show, tally: counts ? this.tallyOf(name) : undefined });
  }

  /** What has been counted of the service that is called `name`, whatever became of it in between. */
  tallyOf(name: string): Tally {
    const known = this.#tallies.get(name);
    if (known) return known;
    const tally = new Tally();
    this.#tallies.set(name, tally);
    return tally;
  }

  #showing(how: ShownRequests): Show {
    const known = this.#shows.get(how);
    if (known) return known;
    const show = showing(how);
    this.#shows.set(how, show);
    return show;
  }

  /** Forgets the services that are not among `names` any more. */
  keepOnly(names: readonly string[]): void {
    for (const name of this.#tallies.keys()) if (!names.includes(name)) this.#tallies.delete(name);
  }
}
