import { BATCH } from "../../src/time/in-turns.ts";
import {
  ModelUpstream,
  Way,
  type Asked,
  type Learnt,
  type ModelAddress,
  type Place,
  type Said,
  type Truth,
} from "./addresses.ts";
import { Pace } from "./pace.ts";
import { REQUESTS, type Setting } from "./play.ts";

/** Constants of every play; times in milliseconds, sizes in bytes. */
export const FIXED = {
  firstByteTimeout: 100,
  idleTimeout: 60,
  totalTimeout: 500,
  maxAnswer: 12,
  /** The pause before the first retry, if every random number is a half. */
  pause: 15,
  /** How many are released per turn of the event loop. */
  batch: BATCH,
} as const;

/** A future moment; of two simultaneous ones the one that was set first comes first. */
interface Deadline {
  readonly at: number;
  readonly number: number;
}

const NEVER: Deadline = { at: Infinity, number: Infinity };

interface Entry {
  readonly text: string;
  readonly storedAt: number;
  failures: number;
  heldUntil: number;
}

/** What a client must have received, and how its connection must end. */
export interface ModelClient {
  flight: Flight | undefined;
  /** Whether it streams the answer. */
  readsAlong: boolean;
  /** The stale answer that stands by, and until when it is not used. */
  standIn: Entry | undefined;
  due: Deadline;
  text: string;
  end: "fin" | "reset" | undefined;
  hasLeft: boolean;
}

export interface Flight {
  readonly key: string;
  startedAt: number;
  isPurged: boolean;
  /** Whether it goes on without waiters: it has begun, or there is a stale answer to replace. */
  goesOn: boolean;
  /** `turning`: it waits for its turn to try again. `over`: only its waiters are left to release. */
  phase: "queued" | "dialling" | "open" | "pausing" | "turning" | "over";
  /** Whether it holds a place at the gate: a queued one may hold one and wait for its turn. */
  hasPlace: boolean;
  /** What to do at its turn. */
  inTurn: () => void;
  /** How often it was retried. */
  retries: number;
  /** Its search through the addresses, from its turn on. */
  way: Way | undefined;
  /** The attempt under way, or the last one. */
  asked: Asked | undefined;
  /** The refusal of the last attempt. */
  lastSaid: Said | undefined;
  text: string;
  /** When the phase ends by itself. */
  due: Deadline;
  /** When the attempt ends by itself, in any phase. */
  last: Deadline;
  waiters: Set<ModelClient>;
  outcome: "whole" | "failed" | undefined;
  /** Whether it failed because of earlier failures, without trying an upstream. */
  isUnasked: boolean;
  /** The refusal that it failed with, and whether it was repeated without a request. */
  refusal: { readonly said: Said; readonly isRepeated: boolean } | undefined;
}

/** A connection to an address, on behalf of a flight. */
export interface Dial {
  readonly flight: Flight;
  readonly upstream: number;
  readonly host: number;
}

type Counted =
  | "hit"
  | "stale"
  | "miss"
  | "coalesced"
  | "fetching"
  | "retrying"
  | "fetched"
  | "fetchFailed"
  | "lookUpFailed";

/** The policy of the cache (docs/decisions/0400), implemented again, as simply as possible. */
export class Oracle {
  readonly clients: ModelClient[] = [];
  /** Every dial so far. */
  readonly dials: Dial[] = [];
  readonly flights = new Map<string, Flight>();
  /** The least recently used first. */
  readonly entries = new Map<string, Entry>();
  readonly counts: Record<Counted, number> = {
    hit: 0,
    stale: 0,
    miss: 0,
    coalesced: 0,
    fetching: 0,
    retrying: 0,
    fetched: 0,
    fetchFailed: 0,
    lookUpFailed: 0,
  };
  readonly #setting: Setting;
  readonly #upstreams: readonly ModelUpstream[];
  #turns = 0;
  #queue: Flight[] = [];
  #places = 0;
  readonly #pace: Pace<Flight>;
  /** When the next turn begins. */
  #turnDue: Deadline = NEVER;
  #releasing: Flight[] = [];
  #now = 0;
  #deadlines = 0;

  constructor(setting: Setting) {
    this.#setting = setting;
    const upstreams = Array.from({ length: setting.upstreams });
    this.#upstreams = upstreams.map((_, number) => new ModelUpstream(number, setting.nameTtl));
    this.#pace = new Pace(setting.rate);
  }

  get waiters(): number {
    return [...this.flights.values()].reduce((sum, { waiters }) => sum + waiters.size, 0);
  }

  ask(request: number): void {
    const key = REQUESTS[request] as string;
    const client: ModelClient = {
      flight: undefined,
      readsAlong: false,
      standIn: undefined,
      due: NEVER,
      text: "",
      end: undefined,
      hasLeft: false,
    };
    this.clients.push(client);
    const entry = this.#use(key);
    const { ttl, grace, staleIfError, refreshAhead, staleAfter } = this.#setting;
    const age = entry ? this.#now - entry.storedAt : Infinity;
    const isHeld = entry !== undefined && this.#now < entry.heldUntil;
    if (entry && (age < ttl + grace || (age < ttl + staleIfError && isHeld))) {
      const isDue = age >= ttl || (ttl !== Infinity && ttl - age <= ttl * refreshAhead);
      if (isDue && !isHeld) this.#launch(key);
      this.counts[age < ttl ? "hit" : "stale"]++;
      this.#answer(client, entry.text);
      return;
    }
    if (entry && age < ttl + staleIfError) {
      client.standIn = entry;
    }
    this.#wait(client, key);
    if (client.standIn) client.due = this.#in(staleAfter);
  }

  leave(client: ModelClient): void {
    client.hasLeft = true;
    if (!client.flight || (client.readsAlong && client.flight.phase === "over")) return;
    const { flight } = client;
    flight.waiters.delete(client);
    client.flight = undefined;
    if (flight.waiters.size === 0 && !flight.goesOn && flight.phase === "queued") this.#callOff(flight);
  }

  /** Changes what a name resolves to. */
  rename(upstream: number, truth: Truth): void {
    (this.#upstreams[upstream] as ModelUpstream).truth = truth;
  }

  purge(): void {
    this.entries.clear();
    for (const flight of this.flights.values()) flight.isPurged = true;
  }

  accept(flight: Flight): void {
    flight.phase = "open";
    flight.due = this.#in(FIXED.firstByteTimeout);
  }

  send(flight: Flight, piece: string): void {
    flight.text += piece;
    flight.due = this.#in(FIXED.idleTimeout);
    const isRead = [...flight.waiters].some(({ readsAlong }) => readsAlong);
    if (flight.text.length <= FIXED.maxAnswer || isRead) return;
    this.#learn(flight, "reached");
    this.#land(flight, "failed");
  }

  fin(flight: Flight): void {
    const { text, key } = flight;
    if (text === "") return this.failed(flight, "reached");
    if (text.length > FIXED.maxAnswer) {
      this.#learn(flight, "reached");
      return this.#passed(flight);
    }
    if (text.includes("?")) return this.#refused(flight, { text, request: key });
    this.#learn(flight, "serves");
    this.#land(flight, "whole");
  }

  /** No connection was made: tries the next address, if there is a suitable one. */
  refused(flight: Flight): void {
    this.#learn(flight, "fails");
    this.#goOn(flight, () => this.#retry(flight));
  }

  /** This machine could not even try, and could not a moment later. */
  balked(flight: Flight): void {
    this.#learn(flight, "local");
    this.#goOn(flight, () => this.#land(flight, "failed"));
  }

  /** Tries the next address, or does `otherwise` if there is none. */
  #goOn(flight: Flight, otherwise: () => void): void {
    const next = () => this.#wayOf(flight).free(this.#now);
    const first = next();
    if (!first) return otherwise();
    if (!this.#setting.rate) return this.#dial(flight, first);
    this.#takeTurn(flight, () => {
      const other = next();
      if (other) this.#dial(flight, other);
      else otherwise();
    });
  }

  /** A later connection of a flight: at once, after a while, or never if there is no time left. */
  #takeTurn(flight: Flight, then: () => void): void {
    if (!flight.asked) return then(); // It has had a turn, but no address to try.
    const left = flight.startedAt + FIXED.totalTimeout - this.#now;
    if (this.#setting.rate && this.#pace.wait(this.#now) >= left) return this.#failLate(flight);
    flight.inTurn = then;
    if (this.#comes(flight, true)) return then();
    flight.phase = "turning";
    flight.due = this.#in(left);
  }

  /** It fails as its last attempt did. */
  #failLate(flight: Flight): void {
    const { lastSaid: said } = flight;
    flight.isUnasked = false;
    flight.refusal = said && { said, isRepeated: false };
    this.#land(flight, "failed");
  }

  #comes(flight: Flight, isUrgent: boolean): boolean {
    const comes = this.#pace.comes(flight, this.#now, isUrgent);
    if (!comes && this.#turnDue === NEVER) this.#turnDue = this.#in(this.#pace.wait(this.#now));
    return comes;
  }

  /** Gives all turns that are due. */
  #giveTurns(): void {
    this.#turnDue = NEVER;
    for (;;) {
      const next = this.#pace.next(this.#now);
      if (!next) break;
      next.inTurn();
    }
    if (this.#pace.row.length > 0 && this.#turnDue === NEVER)
      this.#turnDue = this.#in(this.#pace.wait(this.#now));
  }

  #leaveRow(flight: Flight): void {
    this.#pace.leaves(flight);
    if (this.#pace.row.length === 0) this.#turnDue = NEVER;
  }

  /** The attempt failed in a way that a retry may get past. */
  failed(flight: Flight, learnt: Learnt): void {
    this.#learn(flight, learnt);
    this.#retry(flight);
  }

  /** The address refused to answer. */
  #refused(flight: Flight, said: Said): void {
    const { address } = flight.asked as Asked;
    this.#wayOf(flight).refusals.set(address, said);
    this.#learn(flight, said);
    flight.refusal = { said, isRepeated: false };
    flight.lastSaid = said;
    this.#retry(flight);
  }

  #retry(flight: Flight): void {
    const pause = FIXED.pause * 2 ** flight.retries;
    const hasBegun = this.#setting.stream && flight.text !== "";
    const wait = Math.max(pause, this.#pace.wait(this.#now));
    const isInTime = this.#now + wait < flight.startedAt + FIXED.totalTimeout;
    const isLast = flight.retries === this.#setting.retries || !this.#wayOf(flight).canGoOn(this.#now);
    if (isLast || hasBegun || !isInTime) return this.#land(flight, "failed");
    flight.phase = "pausing";
    flight.due = this.#in(pause);
  }

  #learn(flight: Flight, learnt: Learnt): void {
    const { asked } = flight;
    asked?.address.learn(asked, learnt, this.#now);
  }

  #wayOf(flight: Flight): Way {
    const turn = () => (this.#setting.choose === "spread" ? this.#turns++ : 0);
    return (flight.way ??= new Way(this.#upstreams, turn(), () => this.counts.lookUpFailed++));
  }

  /** Lets time pass, one deadline after another. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const flights = [...this.flights.values()].map((flight) => ({
        ...this.#dueOf(flight),
        happens: () => this.#expire(flight),
      }));
      const waiting = this.clients.filter(({ flight }) => flight);
      const patience = waiting.map((client) => ({ ...client.due, happens: () => this.#fallBack(client) }));
      const turn = { ...this.#turnDue, happens: () => this.#giveTurns() };
      const [next] = [...flights, ...patience, turn].toSorted((a, b) => (isBefore(a, b) ? -1 : 1));
      if (!next || next.at > end) break;
      this.#now = next.at;
      next.happens();
    }
    this.#now = end;
  }

  /** A turn of the event loop: releases those left over from the last one. */
  turn(): void {
    for (const flight of this.#releasing.splice(0)) this.#release(flight);
  }

  #use(key: string): Entry | undefined {
    const entry = this.entries.get(key);
    if (entry) {
      this.entries.delete(key);
      this.entries.set(key, entry);
    }
    return entry;
  }

  #wait(client: ModelClient, key: string): void {
    const isUnderWay = this.flights.has(key);
    const flight = this.flights.get(key) ?? this.#newFlight(key, client.standIn !== undefined);
    flight.waiters.add(client);
    client.flight = flight;
    if (!isUnderWay) this.#begin(flight);
    const canRead = this.#setting.stream && !client.standIn && flight.text.length <= FIXED.maxAnswer;
    client.readsAlong = canRead && client.flight !== undefined; // It may have failed at once.
    // A stale answer or a refusal at once is all that is reported.
    if (client.flight || client.end !== "fin") this.counts[isUnderWay ? "coalesced" : "miss"]++;
  }

  #launch(key: string): void {
    if (!this.flights.has(key)) this.#begin(this.#newFlight(key, true));
  }

  #newFlight(key: string, goesOn: boolean): Flight {
    return {
      key,
      startedAt: this.#now,
      isPurged: false,
      goesOn,
      phase: "queued",
      hasPlace: false,
      inTurn: () => {},
      retries: 0,
      way: undefined,
      asked: undefined,
      lastSaid: undefined,
      text: "",
      due: NEVER,
      last: NEVER,
      waiters: new Set(),
      outcome: undefined,
      isUnasked: false,
      refusal: undefined,
    };
  }

  #begin(flight: Flight): void {
    const { maxFetches, maxQueue } = this.#setting;
    const refusing = this.#commonTo((each) => each.refuses(this.#now));
    if (refusing) return this.#failAtOnce(flight, refusing.said);
    if (this.#commonTo((each) => each.isOutOfReach(this.#now))) return this.#failAtOnce(flight);
    this.flights.set(flight.key, flight);
    flight.inTurn = () => this.#run(flight);
    if (this.#places < maxFetches) {
      this.#takePlace(flight);
      if (flight.phase === "queued") flight.due = this.#in(FIXED.totalTimeout);
    } else if (this.#queue.length >= maxQueue) this.#land(flight, "failed");
    else {
      this.#queue.push(flight);
      flight.due = this.#in(FIXED.totalTimeout);
    }
  }

  /** The first of all addresses, if all are known and meet the condition. */
  #commonTo(isMet: (address: ModelAddress) => boolean): ModelAddress | undefined {
    const known = this.#upstreams.map((each) => each.known(this.#now));
    return known.every((each) => each?.every(isMet)) ? known[0]?.[0] : undefined;
  }

  #callOff(flight: Flight): void {
    this.flights.delete(flight.key);
    flight.phase = "over";
    this.#leaveQueue(flight);
  }

  #takePlace(flight: Flight): void {
    this.#places++;
    flight.hasPlace = true;
    if (this.#comes(flight, false)) this.#run(flight);
  }

  /** A queued or running fetch has ended: there may be room for another. */
  #leaveQueue(flight: Flight): void {
    this.#queue = this.#queue.filter((each) => each !== flight);
    this.#leaveRow(flight);
    if (!flight.hasPlace) return;
    flight.hasPlace = false;
    this.#places--;
    const next = this.#queue.shift();
    if (next) this.#takePlace(next);
  }

  #run(flight: Flight): void {
    flight.goesOn = true;
    flight.startedAt = this.#now;
    flight.phase = "dialling";
    this.counts.fetching++;
    this.#attempt(flight);
  }

  /** Fails without a fetch, and without an event of one. */
  #failAtOnce(flight: Flight, said?: Said): void {
    if (said) flight.refusal = { said, isRepeated: true };
    flight.phase = "over";
    flight.outcome = "failed";
    this.#release(flight);
  }

  #attempt(flight: Flight): void {
    const way = this.#wayOf(flight);
    const address = way.next(this.#now);
    if (address) return this.#dial(flight, address);
    const [own] = way.refusals.values();
    const said = own ?? way.repeated(this.#now);
    flight.isUnasked = own === undefined && (said !== undefined || way.isOutOfReach(this.#now));
    flight.refusal = said && { said, isRepeated: flight.isUnasked };
    if (said) this.#retry(flight);
    else this.#land(flight, "failed");
  }

  #dial(flight: Flight, place: Place): void {
    const { upstream, address } = place;
    this.#wayOf(flight).asked(place);
    flight.asked = address.ask(this.#now);
    flight.lastSaid = undefined;
    flight.isUnasked = false;
    flight.phase = "dialling";
    flight.refusal = undefined;
    flight.text = "";
    flight.due = NEVER;
    flight.last = this.#in(flight.startedAt + FIXED.totalTimeout - this.#now);
    this.dials.push({ flight, upstream: upstream.number, host: address.host });
  }

  #in(ms: number): Deadline {
    return { at: this.#now + ms, number: ++this.#deadlines };
  }

  #dueOf({ phase, due, last }: Flight): Deadline {
    return WAITING.has(phase) || isBefore(due, last) ? due : last;
  }

  #expire(flight: Flight): void {
    if (flight.phase === "pausing") {
      this.counts.retrying++;
      flight.retries++;
      this.#takeTurn(flight, () => this.#attempt(flight));
    } else if (flight.phase === "queued" || flight.phase === "turning") {
      if (flight.phase === "turning") this.#failLate(flight);
      else this.#land(flight, "failed");
    } else if (this.#now >= flight.startedAt + FIXED.totalTimeout) {
      this.#learn(flight, undefined);
      this.#land(flight, "failed");
    } else {
      this.failed(flight, flight.text === "" ? "fails" : "reached");
    }
  }

  /** Too long to keep, but its readers have all of it. */
  #passed(flight: Flight): void {
    for (const client of flight.waiters) if (client.readsAlong) this.#answer(client, flight.text);
    this.#land(flight, "failed");
  }

  #land(flight: Flight, outcome: "whole" | "failed"): void {
    flight.phase = "over";
    flight.outcome = outcome;
    this.flights.delete(flight.key);
    this.counts[outcome === "whole" ? "fetched" : "fetchFailed"]++;
    this.#leaveQueue(flight);
    if (outcome === "whole") this.#keep(flight);
    else if (!flight.isUnasked) this.#holdDown(flight.key);
    for (const client of flight.waiters) this.#foresee(client, flight);
    this.#release(flight);
  }

  #keep({ key, text, isPurged }: Flight): void {
    if (isPurged) return;
    this.entries.delete(key); // Even if this one is not kept: it is the newest one.
    if (text.includes("!") || this.#setting.ttl === 0 || this.#setting.room === 0) return;
    this.entries.set(key, { text, storedAt: this.#now, failures: 0, heldUntil: -1 });
    const [oldest] = this.entries.keys();
    if (this.entries.size > this.#setting.room) this.entries.delete(oldest as string);
  }

  #holdDown(key: string): void {
    const entry = this.entries.get(key);
    if (entry) entry.heldUntil = this.#now + Math.min(30_000, 1000 * 2 ** entry.failures++);
  }

  /** Readers are ended at once, the others when they are released. */
  #foresee(client: ModelClient, flight: Flight): void {
    if (!client.readsAlong || client.end) return;
    const { outcome } = flight;
    client.text = repeatedBy(flight) ?? flight.text;
    client.end = outcome === "whole" || repeatedBy(flight) !== undefined ? "fin" : "reset";
  }

  #release(flight: Flight): void {
    let left: number = FIXED.batch;
    for (const client of flight.waiters) {
      if (left-- === 0) return void this.#releasing.push(flight);
      flight.waiters.delete(client);
      client.flight = undefined;
      if (flight.outcome === "whole") this.#answer(client, flight.text);
      else this.#fail(client, flight);
    }
  }

  #fail(client: ModelClient, flight: Flight): void {
    if (client.standIn) return this.#fallBack(client);
    const said = repeatedBy(flight);
    if (said === undefined) client.end ??= "reset";
    else {
      if (flight.refusal?.isRepeated && !client.readsAlong) this.counts.hit++;
      this.#answer(client, said);
    }
  }

  #fallBack(client: ModelClient): void {
    this.counts.stale++;
    client.flight?.waiters.delete(client);
    client.flight = undefined;
    this.#answer(client, (client.standIn as Entry).text);
  }

  #answer(client: ModelClient, text: string): void {
    client.text = text;
    client.end = "fin";
  }
}

/** What waiters of a refused flight get: no refusal that repeats the text of another request. */
function repeatedBy({ refusal, key }: Flight): string | undefined {
  if (!refusal) return undefined;
  const { said, isRepeated } = refusal;
  const isTheirs = !isRepeated || said.request === key || !said.text.includes(said.request.trim());
  return isTheirs ? said.text : undefined;
}

/** Phases in which no connection is under way. */
const WAITING: ReadonlySet<Flight["phase"]> = new Set(["pausing", "queued", "turning"]);

function isBefore(a: Deadline, b: Deadline): boolean {
  return a.at < b.at || (a.at === b.at && a.number < b.number);
}
