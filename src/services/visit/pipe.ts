import { endingOf, type Ending } from "../../net/ending.ts";
import type { ConnectionLostError } from "../../net/errors.ts";
import type { Deferred } from "../../deferred/mod.ts";
import type { Protocol, Transport } from "../../net/transport.ts";
import type { Frame } from "../../protocols/frame.ts";
import type { Clock, DelayedCall } from "../../time/clock.ts";
import type { Budget } from "../budget.ts";

/** How many bytes may wait for a slow reader, per direction, before the sender is paused. */
const WINDOW = 128 * 1024;

/** Limits of pipes. */
export interface PipeLimits {
  /** Maximum number of pipes at a time; absent: the same as for fetches. */
  readonly max?: number | undefined;
  /** Milliseconds without a byte in either direction; 0 = no limit. */
  readonly idleTimeout: number;
}

/** The limits of pipes, unless set otherwise. */
export const DEFAULT_PIPES: PipeLimits = { idleTimeout: 300_000 };

/** Options of a Pipe. */
export interface PipeOptions {
  readonly clock: Clock;
  /** Accounts for bytes that wait for a slow reader. */
  readonly budget: Budget;
  /** Milliseconds without a byte in either direction; 0 = no limit. */
  readonly idleTimeout: number;
  /** Connects the given protocol to the upstream. Fails with an error that has an ending. */
  readonly dial: (upstream: Protocol) => Deferred<Transport>;
  /** Called once, when the pipe has ended. */
  readonly over: () => void;
}

/**
 * Connects a client to an upstream and passes on bytes, half-closes and resets in both directions, until both sides
 * have ended. Nothing is judged, retried or cached. This is Varnish's `pipe`.
 */
export class Pipe {
  readonly #options: PipeOptions;
  readonly #client: End;
  readonly #upstream: End;
  readonly #dialling: Deferred;
  #heardAt: number;
  /** What the kernel held for both sides at the last look. */
  #unread: number | undefined = undefined;
  #idle: DelayedCall | undefined = undefined;
  #isOver = false;

  /** @param request the bytes that the client has sent so far, unchanged */
  constructor(client: Transport, { bytes, isTerminated }: Frame, options: PipeOptions) {
    this.#options = options;
    this.#client = new End(this, "client", options.budget);
    this.#upstream = new End(this, "upstream", options.budget);
    client.sendAtOnce(); // The upstream may wait for the client's next message.
    this.#client.connect(client);
    this.#upstream.send(bytes, this.#client);
    this.#heardAt = options.clock.now();
    this.#watch();
    this.#dialling = options.dial(this.#upstream).addCallbacks(
      (transport) => this.#upstream.connect(transport),
      ({ value }) => this.abort(endingOf(value)),
    );
    if (!isTerminated) this.#client.inputEnded(); // It half-closed instead.
  }

  /** The protocol of the client's connection. */
  get protocol(): Protocol {
    return this.#client;
  }

  otherOf(end: End): End {
    return end === this.#client ? this.#upstream : this.#client;
  }

  /** Something was received or sent, so the pipe is not idle. */
  heard(): void {
    this.#heardAt = this.#options.clock.now();
    this.#unread = undefined;
  }

  /** One side has ended its input. Once both have, only unsent bytes are left to deliver. */
  ended(): void {
    if (!this.#client.hasEnded || !this.#upstream.hasEnded) return;
    this.#client.close();
    this.#upstream.close();
    this.#finish();
  }

  /** Ends both sides at once. */
  abort(ending: Ending): void {
    if (this.#isOver) return;
    this.#finish();
    this.#dialling?.cancel();
    this.#client.abort(ending);
    this.#upstream.abort(ending);
  }

  /** Looks at what the kernel holds half of the time before it is over, and then. */
  #watch(): void {
    const { clock, idleTimeout } = this.#options;
    if (idleTimeout === 0) return;
    const [left, half] = [this.#heardAt + idleTimeout - clock.now(), idleTimeout / 2];
    this.#idle = clock.callLater(left > half ? left - half : left, () => this.#look());
  }

  #look(): void {
    const { clock, idleTimeout } = this.#options;
    if (this.#isRead()) this.#heardAt = clock.now();
    if (clock.now() < this.#heardAt + idleTimeout) this.#watch();
    else if (this.#upstream.hasEnded) this.#leaveClient();
    else this.abort("proxy/pipe/idle");
  }

  /** Whether the kernel holds something that is being read, however slowly: it holds less than at the last look. */
  #isRead(): boolean {
    const unread = this.#client.unread + this.#upstream.unread;
    const isLess = unread > 0 && this.#unread !== undefined && unread < this.#unread;
    this.#unread = unread;
    return isLess;
  }

  /** The client only has to read the rest and to hang up, for which it has as long as all clients. */
  #leaveClient(): void {
    this.#finish();
    this.#client.close();
    this.#upstream.abort("proxy/pipe/idle");
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#idle?.cancel();
    this.#options.over();
  }
}

/** One of a pipe's two ends. */
class End implements Protocol {
  readonly #pipe: Pipe;
  readonly #side: "client" | "upstream";
  readonly #budget: Budget;
  #transport: Transport | undefined = undefined;
  /** Bytes for this end that arrived before it was connected. */
  readonly #early: Uint8Array[] = [];
  #earlyBytes = 0;
  #outputCloses = false;
  /** Unsent bytes that the budget counts. */
  #held = 0;
  hasEnded = false;

  constructor(pipe: Pipe, side: "client" | "upstream", budget: Budget) {
    this.#pipe = pipe;
    this.#side = side;
    this.#budget = budget;
  }

  /** Bytes that the kernel holds for it, as far as is known. */
  get unread(): number {
    return this.#transport?.unread() ?? 0;
  }

  connect(transport: Transport): void {
    this.#transport = transport;
    for (const bytes of this.#early.splice(0)) transport.write(bytes);
    this.#holds(transport.unsent);
    if (this.#outputCloses) transport.closeOutput();
    if (transport.unsent === 0) this.#pipe.otherOf(this).#resume();
  }

  /** Sends bytes from `source`, which is paused while too many are unsent. */
  send(bytes: Uint8Array, source: End): void {
    if (this.#transport) this.#transport.write(bytes);
    else {
      this.#early.push(bytes);
      this.#earlyBytes += bytes.length;
    }
    const waiting = this.#transport?.unsent ?? this.#earlyBytes;
    if (waiting === 0) return;
    this.#holds(waiting);
    if (waiting > WINDOW || this.#budget.left < 0) source.#transport?.pauseReading();
  }

  dataReceived(bytes: Uint8Array): void {
    this.#pipe.heard();
    this.#pipe.otherOf(this).send(bytes, this);
  }

  inputEnded(): void {
    this.hasEnded = true;
    this.#pipe.heard();
    this.#pipe.otherOf(this).#closeOutput();
    this.#pipe.ended();
  }

  writable(): void {
    this.#holds(0);
    this.#pipe.heard();
    this.#pipe.otherOf(this).#resume();
  }

  connectionLost(error?: ConnectionLostError): void {
    this.#holds(0);
    if (error) this.#pipe.abort(this.#side === "upstream" ? "upstream/data/reset" : "client/data/reset");
  }

  close(): void {
    this.#transport?.close();
  }

  abort(ending: Ending): void {
    if (this.#transport) this.#transport.abort(ending);
    else this.#holds(0);
  }

  #holds(bytes: number): void {
    const more = bytes - this.#held;
    this.#held = bytes;
    if (more > 0) this.#budget.add(more);
    else this.#budget.give(-more);
  }

  #closeOutput(): void {
    this.#outputCloses = true;
    this.#transport?.closeOutput();
  }

  #resume(): void {
    this.#transport?.resumeReading();
  }
}
