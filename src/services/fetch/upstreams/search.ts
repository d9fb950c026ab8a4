import { CancelledError, succeed, TimeoutError, type Deferred, type Failure } from "../../../deferred/mod.ts";
import type { Address } from "../../../net/address.ts";
import type { Frame } from "../../../protocols/frame.ts";
import { FetchError } from "../errors.ts";
import type { Health } from "./health.ts";
import { lookUpDetail } from "./names.ts";
import type { RefusalError } from "./refusal.ts";
import { rotated, type Candidate, type Order, type Upstreams } from "./upstreams.ts";

/** The search of one fetch through the upstreams: which address to try next. */
export class Search {
  readonly #upstreams: Upstreams;
  readonly #request: Frame;
  readonly #order: Order;
  /** The addresses of each upstream when last looked up. */
  readonly #seen = new Map<Address, readonly Candidate[]>();
  /** Tried in vain, in order of their last try. */
  readonly #tried = new Set<Health>();
  /** Those that refused this fetch, which does not try them again. */
  readonly #refusals = new Map<Health, RefusalError>();
  #lookUpFailure: FetchError | undefined = undefined;

  constructor(upstreams: Upstreams, request: Frame) {
    this.#upstreams = upstreams;
    this.#request = request;
    this.#order = upstreams.nextOrder();
  }

  /**
   * The address to try: the first that is not held down and was not tried yet; else one that is not held down; else the
   * one whose hold ends first. Fails with RefusalError if all are held because they refused, with FetchError if this
   * machine cannot try any or no name can be resolved.
   */
  next(): Deferred<Candidate> {
    return this.another().addCallback((free) => free ?? this.#lastResort());
  }

  /** The first address that is not held down and was not tried yet. */
  another(): Deferred<Candidate | undefined> {
    return this.#firstFree(0);
  }

  asked({ health }: Candidate): void {
    this.#tried.delete(health); // Adding a member that a Set already has would not move it to the end.
    this.#tried.add(health);
  }

  refused({ health }: Candidate, error: RefusalError): void {
    this.#refusals.set(health, error);
  }

  /** How many addresses `another` may still give; a name that is not resolved yet counts as one. */
  get others(): number {
    const now = this.#upstreams.now();
    const counts = this.#allowed.map(
      (upstream) => this.#known(upstream)?.filter((each) => this.#isFree(each, now)).length ?? 1,
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** Whether there may be an address left that did not refuse and can be tried. */
  get canGoOn(): boolean {
    const now = this.#upstreams.now();
    return this.#allowed.some(
      (upstream) => this.#known(upstream)?.some((each) => this.#isWilling(each, now)) ?? true,
    );
  }

  /** The upstreams that are not held by an order. */
  get #allowed(): readonly Address[] {
    return this.#order.upstreams.filter((upstream) => !this.#upstreams.isHeldByOrder(upstream));
  }

  #firstFree(index: number): Deferred<Candidate | undefined> {
    const upstream = this.#order.upstreams[index];
    if (!upstream) return succeed<Candidate | undefined>(undefined);
    if (this.#upstreams.isHeldByOrder(upstream)) return this.#firstFree(index + 1);
    return this.#upstreams
      .candidatesOf(upstream)
      .addErrback((failure) => {
        if (failure.check(CancelledError)) return failure;
        this.#lookUpFailure ??= lookUpError(upstream, failure);
        return [];
      })
      .addCallback((candidates) => {
        if (candidates.length > 0) this.#seen.set(upstream, candidates);
        const now = this.#upstreams.now();
        const free = rotated(candidates, this.#order.turn).find((each) => this.#isFree(each, now));
        return free ?? this.#firstFree(index + 1);
      });
  }

  #lastResort(): Candidate {
    const now = this.#upstreams.now();
    const all = this.#allowed.flatMap((upstream) => this.#seen.get(upstream) ?? []);
    const willing = all.filter((each) => this.#isWilling(each, now));
    const places = [...this.#tried];
    const open = willing.filter(({ health }) => !health.isHeld(now));
    const [best] =
      open.length > 0
        ? open.toSorted((a, b) => places.indexOf(a.health) - places.indexOf(b.health))
        : willing.toSorted((a, b) => a.health.heldUntil - b.health.heldUntil);
    if (best) return best;
    const [own] = this.#refusals.values();
    if (own) throw own;
    const repeated = all.map(({ health }) => health.refusalAt(now)?.repeatedFor(this.#request));
    const local = all.map(({ health }) => health.troubleAt(now)?.asError());
    throw (
      repeated.find(Boolean) ??
      local.find(Boolean) ??
      this.#lookUpFailure ??
      heldError(this.#order.upstreams[0] as Address)
    );
  }

  #known(upstream: Address): readonly Candidate[] | undefined {
    return this.#seen.get(upstream) ?? this.#upstreams.knownOf(upstream);
  }

  #isFree({ health }: Candidate, now: number): boolean {
    return !health.isHeld(now) && !this.#tried.has(health);
  }

  #isWilling({ health }: Candidate, now: number): boolean {
    return !this.#refusals.has(health) && !health.refusalAt(now) && !health.troubleAt(now);
  }
}

/** The failure of a fetch if every upstream that is left is held by an order. */
export function heldError(upstream: Address): FetchError {
  return new FetchError(upstream, "held", 0, "it was put on hold (ctl hold)");
}

function lookUpError(upstream: Address, { value }: Failure): FetchError {
  return new FetchError(
    upstream,
    value instanceof TimeoutError ? "connect_timeout" : "dns",
    0,
    lookUpDetail(value),
  );
}
