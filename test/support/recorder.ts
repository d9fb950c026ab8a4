import type { Ending } from "../../src/net/ending.ts";
import type { Visit } from "../../src/net/transport.ts";
import type { Events } from "../../src/observe/events.ts";
import { FACTS } from "../../src/observe/facts.ts";
import type { Observer } from "../../src/services/observer.ts";
import type { VisitStatus } from "../../src/services/visit/answering.ts";

type EventName = keyof Events;

/** A reported event, as it was at that moment. */
export type Told = {
  [What in EventName]: {
    readonly what: What;
    readonly about: Events[What];
    readonly names: readonly string[];
  };
}[EventName];

/** An event, a status, an ending, or the side and phase of one. */
export type Wanted = EventName | VisitStatus | Ending | "client/request" | "upstream";

/** Records the events of a service, and lets a test wait for them. */
export class Recorder {
  readonly events: Told[] = [];
  /** Makes the observer throw at the next such event. */
  throwAt: EventName | undefined = undefined;
  readonly observe: Observer<Events>;
  #thrown = 0;
  #waiting: (() => void)[] = [];

  constructor() {
    const methods = Object.keys(FACTS).map((what) => [
      what,
      (about: unknown) => this.#note(what as EventName, about),
    ]);
    this.observe = Object.fromEntries(methods) as Observer<Events>;
  }

  /** The number of reported bugs, except those thrown here. */
  get bugs(): number {
    return Math.max(0, this.count("bug") - this.#thrown);
  }

  /** How often it was reported. A client that is answered at once counts at its end, one that waits at once. */
  count(wanted: Wanted): number {
    return this.events.filter(({ names }) => names.includes(wanted)).length;
  }

  /** All events of one kind. */
  all<What extends EventName>(what: What): Events[What][] {
    return this.events.filter((event) => event.what === what).map(({ about }) => about as Events[What]);
  }

  /** Resolves when `wanted` has been reported `times` times in all. */
  async until(wanted: Wanted, times = 1): Promise<void> {
    while (this.count(wanted) < times) await this.next();
  }

  /** Resolves at the next event. */
  next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #note(what: EventName, about: unknown): void {
    this.events.push({ what, about, names: namesOf(what, about) } as unknown as Told);
    for (const look of this.#waiting.splice(0)) look();
    if (what !== this.throwAt) return;
    this.throwAt = undefined;
    this.#thrown++;
    throw new Error(`bug at ${what}`);
  }
}

function namesOf(what: EventName, about: unknown): string[] {
  const { status, ending } = (about ?? {}) as Partial<Visit>;
  if (what === "waiting") return [what, status ?? ""];
  if (what === "turnedAway") return [what, ending ?? ""];
  if (what !== "visited") return [what];
  // Waiters were counted when they began to wait, unless their status changed.
  const [side = "", phase = ""] = (ending ?? "").split("/");
  return [
    what,
    ending ?? "",
    side,
    `${side}/${phase}`,
    ...(status === "hit" || status === "stale" ? [status] : []),
  ];
}
