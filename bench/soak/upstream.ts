import type { Socket } from "bun";
import { answerOf, LONGEST_KEY, REFUSAL } from "./answer.ts";
import type { Dice } from "./dice.ts";
import { Tally } from "./tally.ts";
import { Writing } from "./writing.ts";

/** What the upstream does to a connection, and how often. Three out of five get a whole answer, sooner or later. */
const CONDUCTS = {
  whole: 8,
  late: 2,
  trickle: 2,
  /** The whole answer and a FIN, but it closes only when the proxy does. */
  "half-close": 2,
  reset: 2,
  silence: 1,
  /** Not where requests are piped: there it is an answer like any other. */
  empty: 1,
  "too long": 1,
  refuse: 1,
  /** A clean end in mid-answer: only if the proxy can tell, with --complete. */
  cut: 2,
  /** "You have asked too often": only if the proxy can tell, with --refusal. */
  refusal: 1,
} as const;
export type Conduct = keyof typeof CONDUCTS;

export const MAX_ANSWER = 256 * 1024;
const TOO_LONG = 2 * MAX_ANSWER;
const LATE_MS = 150;
const GONE_MS = 40;

export interface UpstreamOptions {
  readonly dice: Dice;
  /** Whether clients send a request first, whose line is the key. */
  readonly asks: boolean;
  /** Whether some answers end cleanly before they are complete. */
  readonly cuts: boolean;
  /** Whether some answers are refusals. */
  readonly refuses: boolean;
  /** Whether it stops listening now and then; connections in its backlog are lost then, and not counted. */
  readonly vanishes: boolean;
  /** The requests that are not piped; absent: all. */
  readonly shared: RegExp | undefined;
}

/** A server that answers each connection with another version, and misbehaves as the dice decide. */
export class UnreliableUpstream {
  readonly tally = new Tally<Conduct>(Object.keys(CONDUCTS) as Conduct[]);
  readonly #options: UpstreamOptions;
  readonly #weights: Readonly<Record<Conduct, number>>;
  readonly #open = new Set<Socket<Writing>>();
  #server: Bun.TCPSocketListener<Writing>;
  /** Number of connections that it accepted. */
  taken = 0;
  #version = 0;
  #isOver = false;

  constructor(options: UpstreamOptions) {
    this.#options = options;
    const { cuts, refuses, vanishes, shared } = options;
    this.#weights = {
      ...CONDUCTS,
      empty: shared ? 0 : CONDUCTS.empty,
      cut: cuts ? CONDUCTS.cut : 0,
      refusal: refuses ? CONDUCTS.refusal : 0,
      refuse: vanishes ? CONDUCTS.refuse : 0,
    };
    this.#server = this.#listen(0);
    this.port = this.#server.port;
  }

  readonly port: number;
  /** Number of connections whose requests were piped. */
  passed = 0;

  /** Number of open connections. */
  get open(): number {
    return this.#open.size;
  }

  stop(): void {
    this.#isOver = true;
    this.#server.stop(false);
    for (const socket of this.#open) socket.terminate();
  }

  #listen(port: number): Bun.TCPSocketListener<Writing> {
    return Bun.listen<Writing>({
      hostname: "127.0.0.1",
      port,
      allowHalfOpen: true,
      socket: {
        open: (socket) => {
          this.#open.add(socket);
          this.taken++;
          socket.data = new Writing(socket);
          if (!this.#options.asks) this.#answer(socket, "");
        },
        data: (socket, bytes) => {
          if (this.#options.asks && !socket.data.isAsked) this.#answer(socket, keyIn(bytes));
        },
        end: (socket) => socket.data.inputEnded(),
        drain: (socket) => socket.data.writable(),
        close: (socket) => {
          this.#open.delete(socket);
          socket.data.lost();
        },
      },
    });
  }

  #answer(socket: Socket<Writing>, key: string): void {
    const { dice, shared } = this.#options;
    if (shared && !shared.test(key)) this.passed++;
    const conduct = dice.pick(this.#weights);
    this.tally.count(conduct);
    const length = conduct === "too long" ? TOO_LONG : lengthOf(dice);
    const bytes = answerOf({ number: this.#version++, length, key });
    const writing = socket.data;
    writing.isAsked = true;
    const part = bytes.subarray(0, dice.between(0, length - 1));
    switch (conduct) {
      case "whole":
      case "too long":
        return writing.send(bytes, "close");
      case "late":
        return writing.later(dice.between(1, LATE_MS), () => writing.send(bytes, "close"));
      case "trickle":
        return writing.trickle(bytes, dice.between(2, 12));
      case "half-close":
        return writing.send(bytes, "half-close");
      case "reset":
        return writing.send(part, "reset");
      case "silence":
        return writing.send(part, "stay");
      case "cut":
        return writing.send(part, "close");
      case "empty":
        return writing.send(bytes.subarray(0, 0), "close");
      case "refusal":
        return writing.send(Buffer.from(REFUSAL), "close");
      case "refuse":
        socket.terminate();
        return this.#beGone();
    }
  }

  /** Stops listening for a moment. */
  #beGone(): void {
    this.#server.stop(false);
    setTimeout(() => this.#comeBack(), GONE_MS);
  }

  #comeBack(): void {
    if (this.#isOver) return;
    this.#server.stop(false); // Another connection may have been refused meanwhile.
    try {
      this.#server = this.#listen(this.port);
    } catch {
      setTimeout(() => this.#comeBack(), GONE_MS); // Another connection uses the port at its own end.
    }
  }
}

/** Mostly short, like the answers of such services. */
function lengthOf(dice: Dice): number {
  return dice.next() < 0.8 ? dice.between(60, 4000) : dice.between(4000, MAX_ANSWER);
}

/** The key in a request, which is short and comes in one piece, because the proxy has read all of it. */
function keyIn(bytes: Buffer): string {
  return bytes
    .toString("latin1")
    .replaceAll(/[^ -~]/g, "")
    .trim()
    .slice(0, LONGEST_KEY);
}
