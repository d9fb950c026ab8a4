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

/** One upstream: whether it is held down, why, and whether that is being found out. */
export class ModelAddress {
  failures = 0;
  until = -Infinity;
  said: Said | undefined = undefined;
  isProbed = false;
  changes = 0;
  /** Until then this machine does not try again. */
  troubleUntil = -Infinity;

  constructor(readonly number: number) {}

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

/** One fetch's way through the addresses. */
export class Way {
  readonly #order: readonly ModelAddress[];
  /** Asked in vain, the one asked last at the end. */
  #tried: ModelAddress[] = [];
  /** Those that refused this fetch, and what they said. */
  readonly refusals = new Map<ModelAddress, Said>();

  constructor(addresses: readonly ModelAddress[], turn: number) {
    this.#order = addresses.map((_, i) => addresses[(i + turn) % addresses.length] as ModelAddress);
  }

  /** The first that is not held down and was not asked yet. */
  free(now: number): ModelAddress | undefined {
    return this.#order.find((each) => !each.isHeld(now) && !this.#tried.includes(each));
  }

  next(now: number): ModelAddress | undefined {
    const willing = this.#willing(now);
    const open = willing.filter((each) => !each.isHeld(now));
    const byTurn = open.toSorted((a, b) => this.#tried.indexOf(a) - this.#tried.indexOf(b));
    const byHold = willing.toSorted((a, b) => a.heldUntil - b.heldUntil);
    return this.free(now) ?? byTurn[0] ?? byHold[0];
  }

  /** Whether there is one that does not refuse, and can be tried. */
  canGoOn(now: number): boolean {
    return this.#willing(now).length > 0;
  }

  /** What is said again when there is none. */
  repeated(now: number): Said | undefined {
    return this.#order.find((each) => each.refuses(now))?.said;
  }

  asked(address: ModelAddress): void {
    this.#tried = [...this.#tried.filter((each) => each !== address), address];
  }

  #willing(now: number): ModelAddress[] {
    return this.#order.filter(
      (each) => !each.refuses(now) && !each.isOutOfReach(now) && !this.refusals.has(each),
    );
  }
}
