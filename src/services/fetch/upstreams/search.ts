import { CancelledError, succeed, TimeoutError, type Deferred, type Failure } from "../../../deferred/mod.ts";
import type { Address } from "../../../net/address.ts";
import type { Frame } from "../../../protocols/frame.ts";
import { FetchError } from "../errors.ts";
import type { Health } from "./health.ts";
import { lookUpDetail } from "./names.ts";
import type { RefusalError } from "./refusal.ts";
import { rotated, type Candidate, type Order, type Upstreams } from "./upstreams.ts";

/** One fetch on its way through the upstreams: which address to ask next. */
export class Search {
  readonly #upstreams: Upstreams;
  readonly #request: Frame;
  readonly #order: Order;
  /** What each upstream had when it was last looked at. */
  readonly #seen = new Map<Address, readonly Candidate[]>();
  /** Asked in vain, the one asked last at the end. */
  readonly #tried = new Set<Health>();
  /** Those that refused to answer this fetch: they are not asked by it again. */
  readonly #refusals = new Map<Health, RefusalError>();
  #lookUpFailure: FetchError | undefined = undefined;

  constructor(upstreams: Upstreams, request: Frame) {
    this.#upstreams = upstreams;
    this.#request = request;
    this.#order = upstreams.nextOrder();
  }

  /**
   * The address to ask: the first that is not held down and was not asked yet. If there is none, one that is not held
   * down; else the one whose hold ends first. Fails with RefusalError where all are held because they refused, with
   * FetchError where this machine cannot try, or no name can be resolved.
   */
  next(): Deferred<Candidate> {
    return this.another().addCallback((free) => free ?? this.#lastResort());
  }

  /** The first address that is not held down and was not asked yet. */
  another(): Deferred<Candidate | undefined> {
    return this.#firstFree(0);
  }

  asked({ health }: Candidate): void {
    this.#tried.delete(health); // A Set keeps the place of what it has already.
    this.#tried.add(health);
  }

  refused({ health }: Candidate, error: RefusalError): void {
    this.#refusals.set(health, error);
  }

  /** How many addresses `another` may still give, as far as that is known. */
  get others(): number {
    const now = this.#upstreams.now();
    const counts = this.#allowed.map(
      (upstream) => this.#known(upstream)?.filter((each) => this.#isFree(each, now)).length ?? 1,
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** Whether there is anything to ask: an address that does not refuse to answer and can be tried, as far as that is known. */
  get canGoOn(): boolean {
    const now = this.#upstreams.now();
    return this.#allowed.some(
      (upstream) => this.#known(upstream)?.some((each) => this.#isWilling(each, now)) ?? true,
    );
  }

  /** The upstreams but for those that nobody is to ask. */
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

/** All upstreams that are left are held by an order. */
export function heldError(upstream: Address): FetchError {
  return new FetchError(upstream, "held", 0, "it is held by an order");
}

function lookUpError(upstream: Address, { value }: Failure): FetchError {
  return new FetchError(
    upstream,
    value instanceof TimeoutError ? "connect_timeout" : "dns",
    0,
    lookUpDetail(value),
  );
}
