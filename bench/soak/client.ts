import type { Socket } from "bun";
import { AnswerCheck } from "./answer.ts";
import type { Dice } from "./dice.ts";

/** How a client behaves, and how often. */
const MANNERS = {
  polite: 10,
  /** Ends its side at once, as `nc -N` does, and reads. */
  "half-close": 3,
  /** Is gone as soon as it is there. */
  reset: 2,
  /** Goes a moment later, maybe with half an answer. */
  leave: 2,
  /** Reads nothing for a while, then all there is; asks for what nobody else does. */
  "never read": 1,
  "read slowly": 2,
  /** Says something between one piece and the next. */
  "talk and read slowly": 2,
  garbage: 2,
} as const;
export type Manners = keyof typeof MANNERS;
export const ALL_MANNERS = Object.keys(MANNERS) as Manners[];

/** How a visit ended. `wrong`, `truncated` and `stuck` must not happen. */
export const OUTCOMES = [
  "whole",
  "refusal",
  "reset",
  "refused",
  "left",
  "wrong",
  "truncated",
  "stuck",
] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface ClientOptions {
  readonly port: number;
  readonly dice: Dice;
  /** Whether it has to ask, in a line; else it says nothing, unless that is its manners. */
  readonly asks: boolean;
  /** How long the worst but honest answer takes, in milliseconds. */
  readonly patience: number;
  /** Told of its own port when it has connected. */
  readonly connected?: (port: number) => void;
}

/** A visit that is over. */
export interface Visit {
  readonly manners: Manners;
  readonly outcome: Outcome;
  /** Bytes that it read. */
  readonly received: number;
  /** Its own port, if it connected. */
  readonly port: number | undefined;
}

const KEYS = 12;
const RARE_KEYS = 5000;
const LONGEST_STAY_MS = 60;
const NEVER_READ_MS = 400;
const SLOW_READ_MS = 3;

/** One visit to the proxy, with manners the dice choose; resolves with its end. */
export function visit(options: ClientOptions): Promise<Visit> {
  const manners = options.dice.pick(MANNERS);
  return new Promise((resolve) => {
    const visitor = new Visitor(manners, options, resolve);
    visitor.connect();
  });
}

class Visitor {
  readonly #manners: Manners;
  readonly #options: ClientOptions;
  readonly #over: (visit: Visit) => void;
  readonly #request: string;
  readonly #check: AnswerCheck;
  readonly #patience: ReturnType<typeof setTimeout>;
  #pause: ReturnType<typeof setTimeout> | undefined;
  #socket: Socket | undefined;
  #port: number | undefined;
  #left = false;
  /** A write met a reset: Bun then reports an orderly end. */
  #writeFailed = false;

  constructor(manners: Manners, options: ClientOptions, over: (visit: Visit) => void) {
    const { dice, asks, patience } = options;
    const keys = manners === "never read" ? RARE_KEYS : KEYS;
    const key = asks ? `poem-${dice.between(1, keys)}` : "";
    this.#manners = manners;
    this.#options = options;
    this.#over = over;
    this.#request = manners === "garbage" ? garbage(dice, asks) : asks ? `${key}\r\n` : "";
    this.#check = new AnswerCheck(manners === "garbage" ? undefined : key);
    this.#patience = setTimeout(() => this.#end("stuck"), patience);
  }

  connect(): void {
    Bun.connect({
      hostname: "127.0.0.1",
      port: this.#options.port,
      allowHalfOpen: true,
      socket: {
        open: (socket) => this.#arrive(socket),
        data: (_socket, chunk) => this.#read(chunk),
        end: (socket) => {
          if (!this.#writeFailed && !this.#left) this.#end(this.#check.end());
          socket.end();
        },
        close: (_socket, error) => {
          if (this.#check.isWrong) this.#end("wrong");
          else if (this.#left) this.#end("left");
          else this.#end(error || this.#writeFailed ? "reset" : this.#check.end());
        },
        connectError: () => this.#end("refused"),
      },
    }).catch(() => {}); // Told through connectError already.
  }

  #arrive(socket: Socket): void {
    this.#socket = socket;
    this.#port = socket.localPort;
    const { dice, connected } = this.#options;
    connected?.(this.#port);
    if (this.#request !== "") this.#say(this.#request);
    if (this.#manners === "reset") this.#leave();
    if (this.#manners === "half-close" || this.#manners === "garbage") socket.shutdown();
    if (this.#manners === "leave") this.#later(dice.between(0, LONGEST_STAY_MS), () => this.#leave());
    if (this.#manners === "never read") this.#stopReading(NEVER_READ_MS);
  }

  #read(chunk: Buffer): void {
    this.#check.take(chunk);
    if (this.#manners === "read slowly") this.#stopReading(SLOW_READ_MS);
    if (this.#manners === "talk and read slowly") {
      this.#say("\n");
      this.#stopReading(SLOW_READ_MS);
    }
  }

  #say(text: string): void {
    if (this.#socket && this.#socket.write(text) < 0) this.#writeFailed = true;
  }

  #stopReading(ms: number): void {
    this.#socket?.pause();
    this.#later(ms, () => this.#socket?.resume());
  }

  #leave(): void {
    this.#left = true;
    this.#socket?.terminate();
  }

  #later(ms: number, then: () => void): void {
    this.#pause = setTimeout(then, ms);
  }

  #end(outcome: Outcome): void {
    clearTimeout(this.#patience);
    clearTimeout(this.#pause);
    if (outcome === "stuck") this.#leave();
    const { received } = this.#check;
    this.#over({ manners: this.#manners, outcome, received, port: this.#port }); // Only the first counts.
  }
}

/** No request at all, or one that nobody has thought of; a line that does not end, now and then. */
function garbage(dice: Dice, asks: boolean): string {
  const bytes = Array.from({ length: dice.between(1, 5000) }, () => dice.between(33, 126));
  const text = String.fromCharCode(...bytes);
  return asks && dice.next() < 0.5 ? `${text.slice(0, 20)}\r\n${text}` : text;
}
