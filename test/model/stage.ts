import assert from "node:assert/strict";
import { PROXY_DEFAULTS } from "../../src/services/proxy/options.ts";
import { Proxy } from "../../src/services/proxy/proxy.ts";
import type { Events } from "../../src/observe/events.ts";
import { FACTS } from "../../src/observe/facts.ts";
import type { Observer } from "../../src/services/observer.ts";
import { fail, succeed } from "../../src/deferred/mod.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";
import { MemoryDial, MemoryTransport } from "./memory.ts";
import type { Truth } from "./addresses.ts";
import { FIXED, Oracle, type Dial, type ModelClient } from "./oracle.ts";
import { REQUESTS, type Event, type Play, type Setting } from "./play.ts";

/** The maximum size of an entry of the model, in bytes. */
const ENTRY_BYTES = 530;

/** Less than an entry takes, but more than a play holds besides; tight-stage.ts is about less room. */
const BESIDES = 300;

/** Of the first upstream. */
const PORT = 1;

/** Plays all events, then lets everything come to rest. Throws if the proxy misbehaves. */
export function enact({ setting, events }: Play): void {
  const stage = new ModelStage(setting);
  for (const event of events) {
    stage.happen(event);
    stage.compare();
  }
  stage.rest();
}

/** Plays events to the production proxy and to the oracle, and compares the two after every step. */
class ModelStage {
  readonly #clock = new ManualClock();
  readonly #oracle: Oracle;
  readonly #proxy: Proxy;
  readonly #clients: MemoryTransport[] = [];
  readonly #dials: MemoryDial[] = [];
  readonly #counts: Record<string, number> = {};
  readonly #maxMemory: number;
  readonly #upstreams: number;
  /** What names resolve to; default: the first host. */
  readonly #names = new Map<string, Truth>();
  /** Complete answers of the upstream, with their requests. */
  readonly #answers = new Set<string>();
  #pieces = 1000;

  constructor(setting: Setting) {
    this.#oracle = new Oracle(setting);
    this.#upstreams = setting.upstreams;
    this.#maxMemory = setting.room * ENTRY_BYTES + BESIDES;
    this.#proxy = new Proxy({
      ...PROXY_DEFAULTS,
      requests: { ...PROXY_DEFAULTS.requests, framing: "line" },
      listen: { address: { host: "127.0.0.1", port: 0 } },
      ...optionsOf(setting, this.#maxMemory),
      clock: this.#clock,
      random: () => 0.5,
      observer: countingInto(this.#counts),
      lookUp: (name) => {
        const truth = this.#names.get(name) ?? [0];
        return truth === "lost" ? fail(new Error("ENOTFOUND")) : succeed(truth.map(hostOf));
      },
      connect: (address, protocol, { source }) => {
        assert.equal(source, setting.source, "the address to connect from");
        const dial = new MemoryDial(address, protocol);
        this.#dials.push(dial);
        return dial.connected;
      },
    });
  }

  happen(event: Event): void {
    switch (event.does) {
      case "ask":
        for (let i = 0; i < event.clients; i++) this.#ask(event.request);
        break;
      case "advance":
        this.#oracle.advance(event.ms);
        this.#clock.advance(event.ms);
        break;
      case "rename": {
        const upstream = event.upstream % this.#upstreams;
        this.#oracle.rename(upstream, event.truth);
        this.#names.set(nameOf(upstream), event.truth);
        break;
      }
      case "turn":
        this.#oracle.turn();
        this.#clock.turn();
        break;
      case "purge":
        this.#oracle.purge();
        this.#proxy.purge();
        break;
      case "leave":
      case "stick":
      case "unstick":
      case "halfClose":
        this.#client(event.does, event.client);
        break;
      default:
        this.#upstream(event);
    }
  }

  #ask(request: number): void {
    const text = REQUESTS[request] as string;
    const client = new MemoryTransport();
    this.#clients.push(client);
    this.#oracle.ask(request);
    client.protocol = this.#proxy["serve"](client);
    client.hears(text);
    if (!text.endsWith("\n")) client.inputEnded();
    const { status } = client; // The status of the look-up; waiters may still be served a stale answer.
    if (status === "miss" || status === "coalesced") this.#counts[status] = this.#count(status) + 1;
  }

  /** An action of one of the present clients. */
  #client(does: "leave" | "stick" | "unstick" | "halfClose", pick: number): void {
    const here = this.#clients.filter(({ end }) => end === undefined);
    const client = here[pick % here.length];
    if (!client) return;
    if (does === "stick") client.isStuck = true;
    if (does === "unstick") client.unstick();
    if (does === "halfClose") client.inputEnded();
    if (does !== "leave") return;
    this.#oracle.leave(this.#oracle.clients[this.#clients.indexOf(client)] as ModelClient);
    client.leave();
  }

  /** An action of the upstream, on one of the connections where it is possible. */
  #upstream(event: Extract<Event, { dial: number }>): void {
    const { does, dial: pick } = event;
    const phase = does === "accept" || does === "refuse" || does === "balk" ? "dialling" : "open";
    const able = this.#dials.keys().filter((index) => this.#dials[index]?.isOpen);
    const indices = able.filter((index) => this.#oracle.dials[index]?.flight.phase === phase).toArray();
    const index = indices[pick % indices.length];
    if (index === undefined) return;
    const { flight } = this.#oracle.dials[index] as Dial;
    const dial = this.#dials[index] as MemoryDial;
    switch (event.does) {
      case "accept":
        this.#oracle.accept(flight);
        return dial.accept();
      case "refuse":
        this.#oracle.refused(flight);
        return dial.refuse();
      case "balk":
        this.#oracle.balked(flight);
        return dial.balk();
      case "send": {
        const piece = `${++this.#pieces}${"+".repeat(this.#pieces % 3)}${event.mark}`;
        this.#oracle.send(flight, piece);
        return dial.connection.hears(piece);
      }
      case "fin":
        this.#answers.add(flight.text);
        this.#oracle.fin(flight);
        return dial.connection.inputEnded();
      case "reset":
        this.#oracle.failed(flight, "reached");
        return dial.connection.leave();
    }
  }

  /** Checks the invariants I1 to I6 (docs/decisions/0400), and that proxy and oracle agree. */
  compare(): void {
    const { flights, waiters, entries, bytes, bytesHeld } = this.#proxy;
    assert.deepEqual(
      { flights, waiters, entries },
      {
        flights: this.#oracle.flights.size,
        waiters: this.#oracle.waiters,
        entries: this.#oracle.entries.size,
      },
      "I4: gauges",
    );
    for (const [what, count] of Object.entries(this.#oracle.counts))
      assert.equal(this.#count(what), count, `I3: number of ${what}`);
    assert.equal(this.#counts.bug, undefined, "a bug");
    assert(
      this.#clients.every(({ bugs }) => bugs.length === 0),
      "a bug in answering",
    );
    assert.equal(this.#dials.length, this.#oracle.dials.length, "I2: dials");
    for (const [index, { connection, isOpen, address }] of this.#dials.entries()) {
      const { flight, upstream, host } = this.#oracle.dials[index] as Dial;
      const isUnderWay = flight === this.#oracle.flights.get(flight.key);
      if (!isUnderWay) assert(!isOpen, "I2: a connection without its flight");
      if (isOpen && connection.received) assert.equal(connection.received, flight.key, "a fetch of its own");
      assert.deepEqual(
        address,
        { host: hostOf(host), port: PORT + upstream },
        `the address of dial ${index}`,
      );
    }
    assert(bytes <= this.#maxMemory, "I6: bytes kept");
    assert(bytes + bytesHeld <= this.#maxMemory + FIXED.maxAnswer, "I6: bytes kept or held");
    assert(
      !this.#dials.some(({ connection }) => connection.isPaused && connection.end === undefined),
      "nothing waits for room",
    );
    for (const index of this.#clients.keys()) this.#compareClient(index);
  }

  /** How often an event was reported, or how many clients were answered with a status. */
  #count(what: string): number {
    if (what !== "hit" && what !== "stale") return this.#counts[what] ?? 0;
    return this.#clients.filter(({ status }) => status === what).length;
  }

  #compareClient(index: number): void {
    const { received, end, isStuck } = this.#clients[index] as MemoryTransport;
    const expected = this.#oracle.clients[index] as ModelClient;
    if (expected.hasLeft) return;
    const { flight, readsAlong } = expected;
    const text = expected.end === undefined && readsAlong && flight ? flight.text : expected.text;
    assert(text.startsWith(received), `I1: "${received}" is no part of "${text}"`);
    if (end === "fin") assert(this.#answers.has(received), `I1: "${received}" is no whole answer`);
    if (end !== undefined) assert.equal(end, expected.end, `the end of client ${index}`);
    if (isStuck || this.#clock.turnsDue > 0) return;
    assert.equal(end, expected.end, `the end of client ${index}, at once`);
    if (end !== "reset") assert.equal(received, text, `what client ${index} has`);
  }

  /** I5: given time, everything ends by itself. */
  rest(): void {
    for (const client of this.#clients) if (client.end === undefined) client.unstick();
    while (this.#oracle.flights.size > 0 || this.#clock.turnsDue > 0) {
      this.happen({ does: "advance", ms: FIXED.totalTimeout });
      this.happen({ does: "turn" });
    }
    this.compare();
    assert.equal(this.#clock.pending, 0, "I5: delayed calls left");
    assert.equal(this.#proxy.bytesHeld, 0, "I5: bytes held");
    assert(
      this.#clients.every(({ end }) => end),
      "I5: clients left",
    );
    assert(!this.#dials.some(({ isOpen }) => isOpen), "I5: connections left");
  }
}

/** The name of an upstream. */
function nameOf(upstream: number): string {
  return `upstream-${upstream}.test`;
}

/** The address of a host by its number. */
function hostOf(host: number): string {
  return `192.0.2.${10 + host}`;
}

/** The setting as options of a proxy. */
function optionsOf(setting: Setting, maxMemory: number) {
  const { stream, ttl, grace, staleIfError, staleAfter, refreshAhead } = setting;
  const { retries, maxFetches, maxQueue } = setting;
  return {
    stream,
    cache: { maxMemory, maxEntries: Infinity, staleAfter, refreshAhead },
    answers: {
      ...PROXY_DEFAULTS.answers,
      maxAnswer: FIXED.maxAnswer,
      refusal: /\?/,
      noStore: /!/,
      ttl,
      grace,
      staleIfError,
    },
    fetch: {
      ...PROXY_DEFAULTS.fetch,
      upstreams: Array.from({ length: setting.upstreams }, (_, i) => ({
        host: setting.nameTtl === undefined ? hostOf(0) : nameOf(i),
        port: PORT + i,
      })),
      names: { ttl: setting.nameTtl ?? 0 },
      choose: setting.choose,
      timeouts: {
        connect: PROXY_DEFAULTS.fetch.timeouts.connect,
        firstByte: FIXED.firstByteTimeout,
        idle: FIXED.idleTimeout,
        total: FIXED.totalTimeout,
      },
      retries,
      maxFetches,
      maxQueue,
      ...(setting.rate && { rate: setting.rate }),
      ...(setting.source !== undefined && { source: setting.source }),
    },
  };
}

/** An observer that counts events. */
function countingInto(counts: Record<string, number>): Observer<Events> {
  const methods = Object.keys(FACTS).map((what) => [what, () => (counts[what] = (counts[what] ?? 0) + 1)]);
  return Object.fromEntries(methods) as Observer<Events>;
}
