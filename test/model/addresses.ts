/** A refusal of an upstream, and the request that it refused. */
export interface Said {
  readonly text: string;
  readonly request: string;
}

/** An attempt at an address, and the state of that address when it began. */
export interface Asked {
  readonly address: ModelAddress;
  readonly changes: number;
  readonly isProbe: boolean;
}

/** Its outcome: an answer; reached, but none; a failure; not even tried; a refusal; nothing to learn from. */
export type Learnt = "serves" | "reached" | "fails" | "local" | Said | undefined;

/** One address: whether it is held down, why, and whether a probe is under way. */
export class ModelAddress {
  failures = 0;
  until = -Infinity;
  said: Said | undefined = undefined;
  isProbed = false;
  changes = 0;
  /** When this machine may try again. */
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

/** What a name resolves to: the numbers of hosts; `lost`: the look-up fails. */
export type Truth = readonly number[] | "lost";

/** A configured upstream: an address, or a name. */
export class ModelUpstream {
  addresses: readonly ModelAddress[];
  truth: Truth = [0];
  readonly #nameTtl: number | undefined;
  #until = -Infinity;
  #failures = 0;
  #wasFound = false;

  /** @param nameTtl how long the result of a look-up is used; absent: it is an address */
  constructor(
    readonly number: number,
    nameTtl: number | undefined,
  ) {
    this.#nameTtl = nameTtl;
    this.addresses = [new ModelAddress(0)];
  }

  /** Its addresses, if known without a look-up. */
  known(now: number): readonly ModelAddress[] | undefined {
    if (this.#nameTtl === undefined) return this.addresses;
    return this.#wasFound && now < this.#until ? this.addresses : undefined;
  }

  /** Its addresses. @param failed called if a look-up failed and the previous ones stay in use */
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

/** An address to try. */
export interface Place {
  readonly upstream: ModelUpstream;
  readonly address: ModelAddress;
}

/** The search of one fetch through the upstreams. */
export class Way {
  readonly #order: readonly ModelUpstream[];
  readonly #turn: number;
  readonly #failed: () => void;
  /** The addresses of each when last looked up. */
  readonly #seen = new Map<ModelUpstream, readonly ModelAddress[]>();
  /** Tried in vain, in order of the last try. */
  #tried: ModelAddress[] = [];
  /** Those that refused this fetch, with their refusals. */
  readonly refusals = new Map<ModelAddress, Said>();

  /** @param failed called for a name whose look-up failed, but had succeeded before */
  constructor(upstreams: readonly ModelUpstream[], turn: number, failed: () => void) {
    this.#order = rotated(upstreams, turn);
    this.#turn = Math.floor(turn / upstreams.length);
    this.#failed = failed;
  }

  /** The first address that is not held down and was not tried yet. */
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

  /** Whether there is, or may be, an address that does not refuse and can be tried. */
  canGoOn(now: number): boolean {
    return this.#order.some((upstream) => {
      const addresses = this.#seen.get(upstream) ?? upstream.known(now);
      return addresses?.some((each) => this.#isWilling(each, now)) ?? true;
    });
  }

  /** The refusal to repeat if there is none. */
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
