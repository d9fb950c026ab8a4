import { succeed, type Deferred } from "../../../deferred/mod.ts";
import { formatAddress, isLiteral, isUnix, type Address } from "../../../net/address.ts";
import type { Clock } from "../../../time/clock.ts";
import type { UpstreamFigures } from "../../figures.ts";
import type { Holds } from "../../holds.ts";
import { Health } from "./health.ts";
import type { LocalTrouble } from "./local-trouble.ts";
import type { Names } from "./names.ts";
import { OrderedHolds } from "./ordered-holds.ts";
import type { Refusal } from "./refusal.ts";

/** An address that can be tried. */
export interface Candidate {
  /** The configured address: itself, or a name that resolves to it. */
  readonly upstream: Address;
  readonly address: Address;
  readonly health: Health;
}

/** `first`: the later ones are backups; `spread`: fetches take turns. */
export type Choice = "first" | "spread";

/** The order in which a fetch goes through the upstreams. */
export interface Order {
  readonly upstreams: readonly Address[];
  /** By how much the addresses of each name are rotated. */
  readonly turn: number;
}

/** The addresses of an upstream, and what they were made from. */
interface Kept {
  readonly hosts: readonly string[] | undefined;
  readonly candidates: readonly Candidate[];
}

/** The upstreams of a proxy, and the health of each of their addresses. */
export class Upstreams implements Holds {
  readonly #upstreams: readonly Address[];
  #choice: Choice;
  readonly #names: Names;
  readonly #clock: Pick<Clock, "now">;
  readonly #kept = new Map<Address, Kept>();
  readonly #orders: OrderedHolds;
  #turns = 0;

  constructor(upstreams: readonly Address[], choice: Choice, names: Names, clock: Pick<Clock, "now">) {
    this.#upstreams = upstreams;
    this.#choice = choice;
    this.#names = names;
    this.#clock = clock;
    this.#orders = new OrderedHolds(clock);
  }

  get names(): readonly string[] {
    return this.#upstreams.map(formatAddress);
  }

  hold(upstream: string, ms: number): boolean {
    const named = this.#named(upstream);
    if (named) this.#orders.hold(named, ms);
    return named !== undefined;
  }

  release(upstream: string): boolean {
    const named = this.#named(upstream);
    if (!named) return false;
    this.#orders.release(named);
    for (const { health } of this.knownOf(named) ?? []) health.release();
    return true;
  }

  /** Whether an operator has put it on hold. */
  isHeldByOrder(upstream: Address): boolean {
    return this.#orders.endOf(upstream) !== undefined;
  }

  /** The first upstream, if all are held by an order. */
  get heldByOrder(): Address | undefined {
    const areAllHeld = this.#upstreams.every((upstream) => this.isHeldByOrder(upstream));
    return areAllHeld ? this.#upstreams[0] : undefined;
  }

  /** The state of each upstream: it is held if all its addresses are. */
  figures(): UpstreamFigures[] {
    return this.#upstreams.map((address) => ({ address, held: this.#holdOf(address) }));
  }

  /** Changes where fetches start. */
  order(choice: Choice): void {
    this.#choice = choice;
  }

  now(): number {
    return this.#clock.now();
  }

  /** The order for the next fetch. */
  nextOrder(): Order {
    if (this.#choice === "first") return { upstreams: this.#upstreams, turn: 0 };
    const turn = this.#turns++;
    const count = this.#upstreams.length;
    return { upstreams: rotated(this.#upstreams, turn), turn: Math.floor(turn / count) };
  }

  /** The addresses of an upstream. Fails if its name cannot be resolved and never could. */
  candidatesOf(upstream: Address): Deferred<readonly Candidate[]> {
    const known = this.knownOf(upstream);
    if (known) return succeed(known);
    const { host } = upstream as Exclude<Address, { path: string }>;
    return this.#names.addressesOf(host).addCallback((hosts) => this.#listOf(upstream, hosts));
  }

  /** The same, if known without a look-up. */
  knownOf(upstream: Address): readonly Candidate[] | undefined {
    if (isUnix(upstream) || isLiteral(upstream)) return this.#listOf(upstream, undefined);
    const hosts = this.#names.known(upstream.host);
    return hosts && this.#listOf(upstream, hosts);
  }

  /** A refusal, if every address is held down because of one, as far as is known without a look-up. */
  get refusal(): Refusal | undefined {
    return this.#commonTo((health, now) => health.refusalAt(now));
  }

  /** The trouble, if this machine cannot try any address, as far as is known without a look-up. */
  get trouble(): LocalTrouble | undefined {
    return this.#commonTo((health, now) => health.troubleAt(now));
  }

  /** Whether there is only one address: it is tried whether held down or not. */
  get isOne(): boolean {
    const [only] = this.#upstreams as [Address];
    return this.#upstreams.length === 1 && this.knownOf(only)?.length === 1;
  }

  /** What `look` finds first, if it finds something for every address that is not held by an order. */
  #commonTo<T>(look: (health: Health, now: number) => T | undefined): T | undefined {
    const now = this.now();
    let first: T | undefined;
    for (const upstream of this.#upstreams) {
      if (this.isHeldByOrder(upstream)) continue;
      for (const candidate of this.knownOf(upstream) ?? [undefined]) {
        const found = candidate && look(candidate.health, now);
        if (found === undefined) return undefined;
        first ??= found;
      }
    }
    return first;
  }

  /** Finds an upstream by its full address or, on loopback, by its port alone, as in a configuration. */
  #named(name: string): Address | undefined {
    const names = [name, `127.0.0.1:${name}`];
    return this.#upstreams.find((each) => names.includes(formatAddress(each)));
  }

  #holdOf(upstream: Address): UpstreamFigures["held"] {
    const ordered = this.#orders.endOf(upstream);
    if (ordered !== undefined) return { until: ordered, why: "order" };
    const now = this.now();
    const healths = (this.knownOf(upstream) ?? []).map(({ health }) => health);
    if (healths.length === 0 || !healths.every((health) => health.isHeld(now))) return undefined;
    const [first] = healths.toSorted((a, b) => a.heldUntil - b.heldUntil);
    return first && { until: first.heldUntil, why: whyHeld(first, now) };
  }

  /** @param hosts the addresses of its name, if it has one */
  #listOf(upstream: Address, hosts: readonly string[] | undefined): readonly Candidate[] {
    const kept = this.#kept.get(upstream);
    if (kept && kept.hosts === hosts) return kept.candidates;
    const before = [...this.#kept.values()].flatMap(({ candidates }) => candidates);
    const candidates = (hosts?.map((host) => ({ ...upstream, host })) ?? [upstream]).map((address) => {
      const same = before.find((each) => formatAddress(each.address) === formatAddress(address));
      return { upstream, address, health: same?.health ?? new Health() };
    });
    this.#kept.set(upstream, { hosts, candidates });
    return candidates;
  }
}

function whyHeld(health: Health, now: number): NonNullable<UpstreamFigures["held"]>["why"] {
  if (health.refusalAt(now)) return "refusal";
  return health.troubleAt(now) ? "local" : "failure";
}

/** The same items in cyclic order, starting with the one at `by` (modulo their number). */
export function rotated<T>(items: readonly T[], by: number): readonly T[] {
  const start = items.length === 0 ? 0 : by % items.length;
  return start === 0 ? items : [...items.slice(start), ...items.slice(0, start)];
}
