import assert from "node:assert/strict";
import { PROXY_DEFAULTS } from "../../src/services/proxy/options.ts";
import { Proxy } from "../../src/services/proxy/proxy.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";
import { Recorder } from "../support/recorder.ts";
import { MemoryDial, MemoryTransport } from "./memory.ts";
import type { Kind, TightEvent, TightPlay } from "./tight-play.ts";

const MAX_ANSWER = 3000;
const MAX_MEMORY = 12_000;
const LONG_REQUEST = 6000;
const TOTAL_TIMEOUT = 1000;

/** Plays all events, then lets everything come to rest. Throws if too much is held, or a client never gets its turn. */
export function enactTight({ stream, events }: TightPlay): void {
  const stage = new TightStage(stream);
  for (const event of events) {
    stage.happen(event);
    stage.check();
  }
  stage.rest();
}

/** A proxy with little memory, clients that do not read, and an upstream that sends more than there is room for. */
class TightStage {
  readonly #isStreaming: boolean;
  readonly #clock = new ManualClock();
  readonly #log = new Recorder();
  readonly #proxy: Proxy;
  readonly #dials: MemoryDial[] = [];
  readonly #clients: MemoryTransport[] = [];
  readonly #unfinished = new Set<MemoryTransport>();
  readonly #answers = new Set<string>();

  constructor(stream: boolean) {
    this.#isStreaming = stream;
    const { answers, fetch, cache, requests } = PROXY_DEFAULTS;
    this.#proxy = new Proxy({
      requests: { ...requests, framing: "line", maxRequest: 2 * LONG_REQUEST },
      cache: { ...cache, maxMemory: MAX_MEMORY },
      answers: { ...answers, maxAnswer: MAX_ANSWER, ttl: 200 },
      fetch: {
        ...fetch,
        upstreams: [{ host: "192.0.2.2", port: 1 }],
        timeouts: { ...fetch.timeouts, total: TOTAL_TIMEOUT },
        maxFetches: 6,
        maxQueue: 6,
        retries: 0,
      },
      stream,
      listen: { address: { host: "127.0.0.1", port: 0 } },
      clock: this.#clock,
      observer: this.#log.observe,
      random: () => 0.5,
      connect: (address, protocol) => {
        const dial = new MemoryDial(address, protocol);
        this.#dials.push(dial);
        return dial.connected;
      },
    });
  }

  happen(event: TightEvent): void {
    switch (event.does) {
      case "ask":
        return this.#ask(event.key, event.kind);
      case "advance":
        return this.#clock.advance(event.ms);
      case "turn":
        return this.#clock.turn();
      case "purge":
        return void this.#proxy.purge();
      case "accept":
      case "refuse":
      case "send":
      case "fin":
      case "reset":
        return this.#upstream(event);
      default:
        return this.#client(event.does, event.client);
    }
  }

  #ask(key: number, kind: Kind): void {
    const client = new MemoryTransport();
    this.#clients.push(client);
    client.protocol = this.#proxy["serve"](client);
    client.isStuck = kind === "unread";
    const isLong = kind === "long" || kind === "unfinished";
    client.hears(`${key}${isLong ? "x".repeat(LONG_REQUEST) : ""}`);
    if (kind === "unfinished") this.#unfinished.add(client);
    else client.hears("\n");
  }

  #client(does: "finishAsking" | "talk" | "stick" | "unstick" | "leave", pickedAt: number): void {
    const here = this.#clients.filter(({ end }) => end === undefined);
    const client = here[pickedAt % here.length];
    if (!client) return;
    if (does === "finishAsking" && this.#unfinished.delete(client)) client.hears("\n");
    if (does === "talk") client.hears("and ");
    if (does === "stick") client.isStuck = true;
    if (does === "unstick") client.unstick();
    if (does === "leave") client.leave();
  }

  #upstream(event: Extract<TightEvent, { readonly dial: number }>): void {
    const isNew = event.does === "accept" || event.does === "refuse";
    const able = this.#dials.filter(({ isOpen, isAccepted, connection }) =>
      isNew ? isOpen && !isAccepted : isOpen && isAccepted && !connection.isPaused,
    );
    const dial = able[event.dial % able.length];
    if (!dial) return;
    if (event.does === "accept") dial.accept();
    if (event.does === "refuse") dial.refuse();
    if (event.does === "reset") dial.connection.leave();
    if (event.does === "send") {
      const piece = `${this.#answers.size}`.padEnd(event.bytes, "+");
      // The window of a streamed answer may be larger than all the memory here.
      if (this.#isStreaming && dial.said.length + piece.length > MAX_ANSWER) return;
      dial.said += piece;
      dial.connection.hears(piece);
    }
    if (event.does !== "fin") return;
    this.#answers.add(dial.said);
    dial.connection.inputEnded();
  }

  check(): void {
    const { bytes, bytesHeld } = this.#proxy;
    assert(bytes + bytesHeld <= MAX_MEMORY + MAX_ANSWER, `I6: ${bytes} bytes kept and ${bytesHeld} held`);
    assert(bytesHeld >= 0, "I6: more was given back than taken");
    assert.equal(this.#log.bugs, 0, "a bug");
    for (const { received, end } of this.#clients)
      if (end === "fin") assert(this.#answers.has(received), "I1: a clean end without a whole answer");
  }

  /** Given time, everything ends by itself and gives back its memory. */
  rest(): void {
    for (const client of this.#unfinished) client.leave();
    for (const client of this.#clients) client.unstick();
    const isAtRest = () => this.#proxy.flights === 0 && this.#clients.every(({ end }) => end);
    for (let i = 0; i < 30 && !isAtRest(); i++) {
      this.#clock.advance(TOTAL_TIMEOUT);
      this.#clock.turn();
      for (const client of this.#clients) client.unstick();
      this.check();
    }
    assert(
      this.#clients.every(({ end }) => end),
      "I5: clients left",
    );
    while (this.#clock.turnsDue > 0) this.#clock.turn();
    assert.equal(this.#proxy.bytesHeld, 0, "I5: bytes held");
    assert.equal(this.#proxy.flights, 0, "I5: flights left");
    assert.equal(this.#clock.pending, 0, "I5: delayed calls left");
  }
}
