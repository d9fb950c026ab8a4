/** What an upstream said instead of an answer, and to what. */
export interface Said {
  readonly text: string;
  readonly request: string;
}

/** An attempt at an address, and what was known of that when it began. */
export interface Asked {
  readonly address: ModelAddress;
  readonly changes: number;
  readonly isProbe: boolean;
}

/** What came of it: an answer; something else from somebody who is there; nothing; not even a try; a refusal; nothing to learn from. */
export type Learnt = "serves" | "reached" | "fails" | "local" | Said | undefined;

/** One address: whether it is held down, why, and whether that is being found out. */
export class ModelAddress {
  failures = 0;
  until = -Infinity;
  said: Said | undefined = undefined;
  isProbed = false;
  changes = 0;
  /** Until then this machine does not try again. */
  troubleUntil = -Infinity;

  constructor(readonly host: number) {}

  isHeld(now: number): boolean {
    return this.#isHeldDown(now) || this.isOutOfReach(now);
  }

  isOutOfReach(now: number): boolean {
    return now < this.troubleUntil;
  }

  get heldUntil(): number {
    return Math.max(this.until, this.troubleUntil);
  }

  refuses(now: number): boolean {
    return this.said !== undefined && this.#isHeldDown(now);
  }

  ask(now: number): Asked {
    const isProbe = this.failures > 0 && !this.#isHeldDown(now);
    this.isProbed ||= isProbe;
    return { address: this, changes: this.changes, isProbe };
  }

  learn({ changes, isProbe }: Asked, learnt: Learnt, now: number): void {
    const isLate = changes !== this.changes;
    if (isProbe && !isLate) this.isProbed = false;
    if (learnt === undefined) return;
    if (learnt === "local") {
      if (!this.isOutOfReach(now)) this.troubleUntil = now + 10_000;
      return;
    }
    if (learnt === "serves" || (learnt === "reached" && !this.said)) {
      if (!isLate && this.failures > 0) this.#change(0, -Infinity, undefined);
    } else if (learnt !== "reached") {
      const said = learnt === "fails" ? undefined : learnt;
      if (isLate && (!said || this.said)) return;
      const failures = this.failures + 1;
      const longest = said ? 300_000 : 30_000;
      this.#change(failures, now + Math.min(longest, 1000 * 2 ** (failures - 1)), said);
    }
  }

  #isHeldDown(now: number): boolean {
    return this.failures > 0 && (now < this.until || this.isProbed);
  }

  #change(failures: number, until: number, said: Said | undefined): void {
    Object.assign(this, { failures, until, said, isProbed: false, changes: this.changes + 1 });
  }
}

/** What a name stands for: the numbers of hosts; `lost`: no name server knows. */
export type Truth = readonly number[] | "lost";

/** One that is configured: an address, or a name that has some. */
export class ModelUpstream {
  addresses: readonly ModelAddress[];
  truth: Truth = [0];
  readonly #nameTtl: number | undefined;
  #until = -Infinity;
  #failures = 0;
  #wasFound = false;

  /** @param nameTtl how long its addresses count when they have been looked up; absent: it is an address */
  constructor(
    readonly number: number,
    nameTtl: number | undefined,
  ) {
    this.#nameTtl = nameTtl;
    this.addresses = [new ModelAddress(0)];
  }

  /** Its addresses, if nobody has to be asked for them. */
  known(now: number): readonly ModelAddress[] | undefined {
    if (this.#nameTtl === undefined) return this.addresses;
    return this.#wasFound && now < this.#until ? this.addresses : undefined;
  }

  /** Its addresses. @param failed is told where the ones from before go on serving */
  look(now: number, failed: () => void): readonly ModelAddress[] | undefined {
    const known = this.known(now);
    if (known) return known;
    if (this.truth === "lost") {
      if (!this.#wasFound) return undefined;
      this.#until = now + Math.min(30_000, 1000 * 2 ** this.#failures++);
      failed();
      return this.addresses;
    }
    const before = this.#wasFound ? this.addresses : [];
    this.addresses = this.truth.map(
      (host) => before.find((each) => each.host === host) ?? new ModelAddress(host),
    );
    this.#wasFound = true;
    this.#failures = 0;
    this.#until = now + (this.#nameTtl as number);
    return this.addresses;
  }
}

/** A place to ask. */
export interface Place {
  readonly upstream: ModelUpstream;
  readonly address: ModelAddress;
}

/** One fetch's way through the upstreams. */
export class Way {
  readonly #order: readonly ModelUpstream[];
  readonly #turn: number;
  readonly #failed: () => void;
  /** What each had when it was last looked at. */
  readonly #seen = new Map<ModelUpstream, readonly ModelAddress[]>();
  /** Asked in vain, the one asked last at the end. */
  #tried: ModelAddress[] = [];
  /** Those that refused this fetch, and what they said. */
  readonly refusals = new Map<ModelAddress, Said>();

  /** @param failed is told of a name that could not be looked up, but had been before */
  constructor(upstreams: readonly ModelUpstream[], turn: number, failed: () => void) {
    this.#order = rotated(upstreams, turn);
    this.#turn = Math.floor(turn / upstreams.length);
    this.#failed = failed;
  }

  /** The first that is not held down and was not asked yet. */
  free(now: number): Place | undefined {
    for (const upstream of this.#order) {
      const addresses = upstream.look(now, this.#failed);
      if (!addresses) continue;
      this.#seen.set(upstream, addresses);
      const isFree = (each: ModelAddress) => !each.isHeld(now) && !this.#tried.includes(each);
      const address = rotated(addresses, this.#turn).find(isFree);
      if (address) return { upstream, address };
    }
    return undefined;
  }

  next(now: number): Place | undefined {
    const free = this.free(now);
    if (free) return free;
    const willing = this.#all().filter(({ address }) => this.#isWilling(address, now));
    const open = willing.filter(({ address }) => !address.isHeld(now));
    const placeOf = ({ address }: Place) => this.#tried.indexOf(address);
    const [byTurn] = open.toSorted((a, b) => placeOf(a) - placeOf(b));
    const [byHold] = willing.toSorted((a, b) => a.address.heldUntil - b.address.heldUntil);
    return byTurn ?? byHold;
  }

  /** Whether there is one that does not refuse, and can be tried, or may be found. */
  canGoOn(now: number): boolean {
    return this.#order.some((upstream) => {
      const addresses = this.#seen.get(upstream) ?? upstream.known(now);
      return addresses?.some((each) => this.#isWilling(each, now)) ?? true;
    });
  }

  /** What is said again when there is none. */
  repeated(now: number): Said | undefined {
    return this.#all().find(({ address }) => address.refuses(now))?.address.said;
  }

  isOutOfReach(now: number): boolean {
    return this.#all().some(({ address }) => address.isOutOfReach(now));
  }

  asked({ address }: Place): void {
    this.#tried = [...this.#tried.filter((each) => each !== address), address];
  }

  #all(): Place[] {
    return this.#order.flatMap((upstream) =>
      (this.#seen.get(upstream) ?? []).map((address) => ({ upstream, address })),
    );
  }

  #isWilling(address: ModelAddress, now: number): boolean {
    return !address.refuses(now) && !address.isOutOfReach(now) && !this.refusals.has(address);
  }
}

function rotated<T>(items: readonly T[], by: number): readonly T[] {
  return items.map((_, i) => items[(i + by) % items.length] as T);
}
