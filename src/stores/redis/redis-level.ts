import {
  LoadElsewhereError,
  type Forget,
  type LevelWish,
  type Portable,
  type PurgeListener,
  type SecondLevel,
  type Turn,
} from "../../cache/second-level.ts";
import { CancelledError, Deferred, fail, later, succeed, TimeoutError } from "../../deferred/mod.ts";
import { BypassedError } from "../breaker.ts";
import { Turns } from "../turns.ts";
import { LeasedTurn } from "./leased-turn.ts";
import { readLook, type Looked } from "./looked.ts";
import { Outdated } from "./outdated.ts";
import { LOOK } from "./scripts.ts";
import { fromSharedBytes, LONGEST_SHARED, shelfLife } from "./shared-bytes.ts";
import { SharedKeys, type EntryKeys } from "./shared-keys.ts";
import { LEASE_MS, type RedisSurroundings } from "./surroundings.ts";

/** A look-up under way. */
interface Question extends LevelWish {
  readonly key: string;
  readonly names: EntryKeys;
  /** Its deadline, by the clock's milliseconds. */
  readonly deadline: number;
  /** The number of the load of another node that it waited for; "0": none. */
  waitedFor: string;
  /** How many invalid values it has found. */
  odd: number;
}

/** Milliseconds until all nodes know of a purge; they look once a second. */
const PURGE_MS = 1_200;
/** How many invalid values a look-up accepts before it fails. */
const MOST_ODD = 3;

/** The answers of one service on a server. */
export class RedisLevel implements SecondLevel {
  readonly keys: SharedKeys;
  readonly #around: RedisSurroundings;
  readonly #patience: number;
  readonly #turns = new Turns();
  readonly #outdated: Outdated;
  #listener: PurgeListener | undefined = undefined;
  #leases = 0;

  /**
   * @param service its name and fingerprint: values stored under others are not found
   * @param patience milliseconds to wait for other nodes; 0: no limit
   */
  constructor(service: string, patience: number, around: RedisSurroundings) {
    this.keys = new SharedKeys(service);
    this.#around = around;
    this.#patience = patience === 0 ? Infinity : patience;
    this.#outdated = new Outdated(this.keys, around);
  }

  get(key: string, wish: LevelWish): Deferred<Portable | Turn> {
    const deadline = this.#around.clock.now() + this.#patience;
    return this.#ask({ ...wish, key, names: this.keys.of(key), deadline, waitedFor: "0", odd: 0 });
  }

  drop(key: string, number: number): void {
    this.#outdated.drop(key, number);
  }

  purge(what: Forget): Deferred<number> {
    const { breaker, clock } = this.#around;
    this.#turns.forget(what);
    const forgotten = breaker.isOpen
      ? fail<number>(new BypassedError())
      : breaker.run(() => this.#outdated.purge(what));
    return forgotten.addCallbacks(
      (count) => later(PURGE_MS, clock).addCallback(() => count),
      (failure) => {
        this.#outdated.owePurge(what);
        return failure;
      },
    );
  }

  onPurgeElsewhere(listener: PurgeListener): void {
    this.#listener = listener;
  }

  /** Other nodes have purged something, or may have. */
  purgedElsewhere(what: Parameters<PurgeListener>[0]): void {
    if (what !== "outdated") this.#turns.forget(what);
    this.#listener?.(what);
  }

  /** Does what was owed while the server failed. */
  settle(): Deferred {
    return this.#outdated.settle();
  }

  #ask(question: Question): Deferred<Portable | Turn> {
    const { names, newerThan, number, waitedFor } = question;
    const { breaker, link, node, clock } = this.#around;
    const token = `${node}:${++this.#leases}`;
    const askedAt = clock.now();
    let isWanted = true;
    const answer = new Deferred<Looked>(() => void (isWanted = false));
    breaker
      .run(() =>
        link
          .run(
            LOOK,
            [this.keys.epoch, names.number, names.lease, names.outcome, names.value],
            [String(newerThan), String(Math.max(newerThan, number)), token, String(LEASE_MS), waitedFor],
          )
          .addCallback(readLook),
      )
      .addCallbacks(
        (looked) => {
          if (isWanted) answer.callback(looked);
          else if (looked.is === "yours") this.#turn(question, looked, token).fail(new CancelledError());
        },
        (failure) => {
          if (failure.check(TimeoutError)) this.#outdated.noteOrphan(names.lease, token);
          if (isWanted) answer.errback(failure);
        },
      );
    return answer.addCallback((looked) => this.#answer(question, looked, token, askedAt));
  }

  #answer(
    question: Question,
    looked: Looked,
    token: string,
    askedAt: number,
  ): Portable | Turn | Deferred<Portable | Turn> {
    const { names, key } = question;
    switch (looked.is) {
      case "yours":
        return this.#turn(question, looked, token);
      case "wait":
        return this.#wait(question, looked.number);
      case "failed":
        throw new LoadElsewhereError(`Another node: ${looked.message}`, looked.ending);
      case "said":
        return this.#readSaid(question, looked.ending);
      case "alone":
        return this.#freeTurn(key);
      case "given":
        return this.#read(question, names.outcome, () => 0);
      default: {
        if (looked.length > LONGEST_SHARED) return this.#oddValue(question);
        const { clock } = this.#around;
        return this.#read(question, names.value, (life) => life - looked.left + clock.now() - askedAt);
      }
    }
  }

  #wait(question: Question, number: string): Deferred<Portable | Turn> {
    const { waits, clock } = this.#around;
    const { names, deadline } = question;
    return waits
      .until({ keys: [names.number, names.lease], number })
      .addTimeout(Math.max(0, deadline - clock.now()), clock)
      .addCallbacks(
        () => this.#ask({ ...question, waitedFor: number }),
        (failure) => {
          if (!failure.check(TimeoutError) || clock.now() < deadline) return failure;
          throw new LoadElsewhereError("Another node did not fetch in time", "upstream/data/total");
        },
      );
  }

  /** @param ageOf the age of a value, given how many milliseconds after its creation it expires */
  #read(question: Question, name: string, ageOf: (life: number) => number): Deferred<Portable | Turn> {
    const { breaker, link } = this.#around;
    return breaker
      .run(() => link.getBytes(name))
      .addCallback((all) => {
        const entry = all ? fromSharedBytes(all, question.key) : undefined;
        if (!entry) return this.#oddValue(question, all !== null);
        const { bytes, lifetime, number } = entry;
        const age = Math.max(0, ageOf(shelfLife(lifetime)));
        this.#around.counts.hit++;
        const foundAs = question.waitedFor === "0" ? "hit" : "coalesced";
        return { bytes, lifetime, number, age, origin: "shared", foundAs };
      });
  }

  /** Fails with the refusal that the upstream gave to the other node. */
  #readSaid(question: Question, ending: string): Deferred<Portable | Turn> {
    const { breaker, link } = this.#around;
    const { names, key } = question;
    return breaker
      .run(() => link.getBytes(names.outcome))
      .addCallback((all) => {
        const entry = all ? fromSharedBytes(all, key) : undefined;
        if (!entry) return this.#oddValue(question, all !== null);
        throw new LoadElsewhereError("Another node: the upstream refused to answer", ending, entry.bytes);
      });
  }

  /** The value is invalid, or has just expired: removes it and repeats the look-up. */
  #oddValue(question: Question, isThere = true): Deferred<Portable | Turn> {
    if (isThere) this.#around.counts.damaged++;
    if (++question.odd > MOST_ODD) throw new Error("what it has stored is invalid");
    const removed: Deferred = isThere ? this.#outdated.remove([[question.key, Infinity]]) : succeed();
    return removed.addCallback(() => this.#ask(question));
  }

  #turn({ key, names }: Question, lease: Looked & { readonly is: "yours" }, token: string): Turn {
    this.#around.counts.miss++;
    const turn = this.#turns.begin(key);
    const { number, epoch } = lease;
    return new LeasedTurn(
      { key, names, epoch: [this.keys.epoch, epoch], number, token },
      { ...this.#around, end: () => turn.end(), owe: (below) => this.#outdated.owe(key, below) },
    );
  }

  /** Another node has loaded a value that is too long to be shared: each waiting node loads it by itself. */
  #freeTurn(key: string): Turn {
    const drop = (value: Portable) => this.drop(key, value.number);
    return { put: drop, drop, fail: () => {} };
  }
}
