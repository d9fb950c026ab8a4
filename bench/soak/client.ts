import type { Socket } from "bun";
import { AnswerCheck } from "./answer.ts";
import type { Dice } from "./dice.ts";

/** How a client behaves, and how often. */
const MANNERS = {
  polite: 10,
  /** Half-closes at once, as `nc -N` does, and reads. */
  "half-close": 3,
  /** Resets as soon as it is connected. */
  reset: 2,
  /** Resets a moment later, perhaps with half an answer. */
  leave: 2,
  /** Reads nothing for a while, then everything; sends a request of its own. */
  "never read": 1,
  "read slowly": 2,
  /** Sends something between one piece and the next. */
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
  /** Whether it has to send a request, in a line; otherwise it sends nothing, unless its manners are to do so. */
  readonly asks: boolean;
  /** How long the slowest correct answer takes, in milliseconds. */
  readonly patience: number;
  /** Called with its own port when it has connected. */
  readonly connected?: (port: number) => void;
}

/** A visit that has ended. */
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

/** One visit to the proxy, with manners that the dice choose. Resolves at its end. */
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
  /** A write failed because of a reset, after which Bun reports a clean end. */
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
    }).catch(() => {}); // Already reported through connectError.
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

/** Random bytes: no valid request, now and then a line that does not end. */
function garbage(dice: Dice, asks: boolean): string {
  const bytes = Array.from({ length: dice.between(1, 5000) }, () => dice.between(33, 126));
  const text = String.fromCharCode(...bytes);
  return asks && dice.next() < 0.5 ? `${text.slice(0, 20)}\r\n${text}` : text;
}
