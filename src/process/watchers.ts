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

/** How the services of a process are observed. */
export type WatchSettings = Values<typeof watching>;

/** What all observers of the process share. */
export interface WatcherOptions {
  readonly settings: WatchSettings;
  readonly style: LineStyle;
  readonly clock: Clock;
  /** Writes a line of the access log. */
  readonly write: (line: string) => unknown;
  /** Whether to count at all: only if metrics or control are open. */
  readonly counts: boolean;
}

/** The observers of the services of a process: its log, its access log, its numbers. */
export class Watchers {
  readonly #options: WatcherOptions;
  readonly #tallies = new Map<string, Tally>();
  /** One for each way of showing requests, so that equal requests have equal hashes in all services. */
  readonly #shows = new Map<ShownRequests, Show>();

  constructor(options: WatcherOptions) {
    this.#options = options;
  }

  /** Whether there is an access log, which needs the address and arrival time of each client. */
  get keepsAccess(): boolean {
    return this.#options.settings["access-log"] !== "off";
  }

  /**
   * The observer of the service with this name.
   *
   * @param shown how it shows requests; default: the setting of the process
   */
  observerOf(name: string, log: Log, shown?: ShownRequests): Observer<Events> {
    const { settings, counts, ...rest } = this.#options;
    const show = this.#showing(shown ?? settings["log-requests"]);
    const mode = settings["access-log"];
    const access = mode === "off" ? undefined : new AccessLog({ ...rest, mode, service: name, show });
    return observerOf(log, { access, show, tally: counts ? this.tallyOf(name) : undefined });
  }

  /** The counts of the service with this name, which survive its removal. */
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

  /** Forgets services that are not among `names`. */
  keepOnly(names: readonly string[]): void {
    for (const name of this.#tallies.keys()) if (!names.includes(name)) this.#tallies.delete(name);
  }
}
