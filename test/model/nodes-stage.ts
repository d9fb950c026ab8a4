import assert from "node:assert/strict";
import { RedisStore } from "../../src/stores/redis/redis-store.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";
import { MemoryTransport, type MemoryDial } from "./memory.ts";
import { ModelLink, type Weather } from "./model-link.ts";
import { Node } from "./node.ts";
import {
  NODES,
  QUESTIONS,
  TROUBLES,
  type NodesEvent,
  type NodesPlay,
  type NodesSetting,
} from "./nodes-play.ts";
import { SharedServer } from "./shared-server.ts";

/** Time passes in steps of that many milliseconds, so that nearly simultaneous actions of nodes interleave. */
const STEP_MS = 5;
/** Longer than any wait. */
const REST_MS = 40_000;

/** How long it may take a node to notice the end of another one's fetch: requests meanwhile get its answer. */
const POLL_MS = 150;
/** Until the last replies have arrived. */
const CLOSING_MS = 1_500;

/** A complete answer of the upstream. */
interface Given {
  readonly question: string;
  readonly endedAt: number;
}

interface Client {
  readonly transport: MemoryTransport;
  readonly question: string;
  readonly node: number;
  readonly askedAt: number;
}

interface Dial {
  readonly node: number;
  readonly dial: MemoryDial;
}

/** What must not be served any more: to requests after `at` on the node of the purge, after `doneAt` on others. */
interface Purge {
  readonly node: number;
  readonly question: string;
  readonly at: number;
  doneAt: number;
}

/** Plays all events, then lets everything come to rest. Throws if the nodes misbehave. */
export function enactNodes({ setting, events }: NodesPlay): void {
  const stage = new NodesStage(setting);
  for (const event of events) {
    if (!setting.hasTroubles && TROUBLES.has(event.does)) continue;
    stage.happen(event);
    stage.check();
  }
  stage.rest();
}

/** Nodes that share the model of a server, their clients, and their upstream. */
class NodesStage {
  readonly #setting: NodesSetting;
  readonly #serverClock = new ManualClock();
  readonly #server = new SharedServer(this.#serverClock);
  readonly #nodes: readonly Node[];
  readonly #clients: Client[] = [];
  readonly #dials: Dial[] = [];
  readonly #given = new Map<string, Given>();
  readonly #purges: Purge[] = [];
  #weather: Weather = "fine";
  #hasTrouble = false;
  #now = 0;
  #checked = 0;

  constructor(setting: NodesSetting) {
    this.#setting = setting;
    const clocks = Array.from({ length: NODES }, () => new ManualClock());
    const stores: RedisStore[] = [];
    for (const [index, clock] of clocks.entries()) {
      const link = new ModelLink(this.#server, clock, this.#serverClock, () => this.#weather);
      Node.openStore(clock, link, `node ${index}`).addCallback((store) => void (stores[index] = store));
    }
    for (let i = 0; i < 10; i++) for (const clock of [this.#serverClock, ...clocks]) clock.advance(1);
    this.#nodes = clocks.map((clock, index) => {
      const store = stores[index];
      assert(store && !store.isFailing, "a node is connected");
      return new Node(store, clock, setting, (dial) => void this.#dials.push({ node: index, dial }));
    });
  }

  happen(event: NodesEvent): void {
    if (TROUBLES.has(event.does)) this.#hasTrouble = true;
    if (event.does === "ask") this.#ask(event.node, QUESTIONS[event.question] as string);
    else if (event.does === "leave") this.#waiting(event.client)?.transport.leave();
    else if (event.does === "advance") this.#pass(event.ms);
    else if (event.does === "purge") this.#purge(event.node, event.question);
    else if (event.does === "weather") this.#weather = event.weather;
    else if (event.does === "restart") this.#server.restart();
    else if (event.does === "stop") this.#nodes[event.node]?.stop(this.#now);
    else if ("dial" in event) this.#upstream(event);
    else this.#nodes[event.node]?.go(this.#now);
  }

  #ask(index: number, question: string): void {
    const node = this.#nodes[index] as Node;
    if (node.isStopped) return;
    const transport = new MemoryTransport();
    this.#clients.push({ transport, question, node: index, askedAt: this.#now });
    transport.protocol = node.proxy["serve"](transport);
    transport.hears(question);
  }

  #waiting(pick: number): Client | undefined {
    const here = this.#clients.filter(
      ({ transport, node }) => transport.end === undefined && !this.#nodes[node]?.isStopped,
    );
    return here[pick % here.length];
  }

  /** The upstream answers on one of the connections, completely or not. */
  #upstream({ does, dial: pick, isKept }: Extract<NodesEvent, { dial: number }>): void {
    const open = this.#dials.filter(({ dial, node }) => dial.isOpen && !this.#nodes[node]?.isStopped);
    const { connection } = open[pick % open.length]?.dial ?? {};
    if (!connection) return;
    const question = connection.received;
    const text = `${this.#given.size}${question.trim()}${isKept ? "" : "!"}`;
    connection.hears(text);
    if (does === "break") return connection.leave();
    this.#given.set(text, { question, endedAt: this.#now });
    connection.inputEnded();
  }

  #purge(index: number, question: number | "all"): void {
    const node = this.#nodes[index] as Node;
    if (node.isStopped) return;
    const text = question === "all" ? question : (QUESTIONS[question] as string);
    const purge: Purge = { node: index, question: text, at: this.#now, doneAt: Infinity };
    this.#purges.push(purge);
    const { kept } = node.proxy;
    const purged = question === "all" ? kept.purge() : kept.purgeAsked(Buffer.from(text.trim()));
    purged.addCallbacks(
      () => void (purge.doneAt = this.#now),
      () => {},
    );
    node.turn();
  }

  #pass(ms: number): void {
    for (let left = ms; left > 0; left -= STEP_MS) {
      const step = Math.min(STEP_MS, left);
      this.#now += step;
      this.#serverClock.advance(step);
      for (const node of this.#nodes) node.pass(step);
      this.#checkFetches();
    }
  }

  check(): void {
    for (const node of this.#nodes) assert.equal(node.bugs, 0, "a bug");
    this.#checkFetches();
    for (; this.#clients[this.#checked]?.transport.end; this.#checked++)
      this.#checkClient(this.#clients[this.#checked] as Client);
  }

  #checkClient({ transport, question, node, askedAt }: Client): void {
    assert.equal(transport.bugs.length, 0, "a bug in answering");
    if (transport.end !== "fin") return;
    const given = this.#given.get(transport.received);
    assert(given, `I1: "${transport.received}" is no whole answer`);
    assert.equal(given.question, question, "I1: the answer to another question");
    if (this.#nodes[node]?.wasStopped) return; // Its clock is behind.
    const { ttl, grace, staleIfError } = this.#setting;
    const slack = transport.status === "coalesced" ? POLL_MS : 2 * STEP_MS;
    const oldest = ttl + Math.max(grace, staleIfError) + slack;
    assert(given.endedAt >= askedAt - oldest, "an answer that is older than it may be");
    if (transport.status === "coalesced") return; // It may have joined a load from before a purge.
    for (const purge of this.#purges) {
      if (purge.question !== "all" && purge.question !== question) continue;
      const from = purge.node === node ? purge.at : this.#hasTrouble ? Infinity : purge.doneAt;
      if (askedAt > from) assert(given.endedAt >= purge.at, "I4: what was purged came back");
    }
  }

  /** P2 over nodes: one fetch per key at a time, unless there was trouble. */
  #checkFetches(): void {
    if (this.#hasTrouble) return;
    for (const question of QUESTIONS) {
      const open = this.#dials.filter(({ dial }) => dial.isOpen && dial.connection.received === question);
      assert(open.length <= 1, `P2: ${open.length} fetches of ${question.trim()}`);
    }
  }

  /** I5: with a working server and time, everything ends by itself. */
  rest(): void {
    this.#weather = "fine";
    for (const node of this.#nodes) node.go(this.#now);
    this.#pass(REST_MS);
    this.check();
    assert(
      this.#clients.every(({ transport }) => transport.end),
      "I5: clients left",
    );
    assert(!this.#dials.some(({ dial }) => dial.isOpen), "I5: connections left");
    for (const node of this.#nodes) node.close();
    this.#pass(CLOSING_MS);
    for (const node of this.#nodes) node.rest();
  }
}
