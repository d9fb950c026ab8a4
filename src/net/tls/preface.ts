import type { Socket } from "bun";
import type { Clock, DelayedCall } from "../../time/clock.ts";
import type { Connection } from "../connection.ts";
import type { ConnectionLostError } from "../errors.ts";
import { descriptorOf, peek, skip } from "../libc.ts";
import type { SocketEvents } from "../socket/wire.ts";
import type { Protocol } from "../transport.ts";

/** What a client says in the clear before its TLS handshake. */
export interface Preface extends Pick<Protocol, "draining" | "connectionLost"> {
  /**
   * Takes the next bytes, which stay the caller's; aborts the client if they are wrong.
   *
   * @returns how many of them belong to the preface, once that is complete; undefined: all of them, and more is to come
   */
  read(bytes: Uint8Array): number | undefined;
  /** The client ended its side before that. */
  inputEnded(): void;
}

/** What is looked at in one go, for all clients. */
const ROOM = new Uint8Array(8192);

/** Milliseconds until the next look; each pause is twice as long as the one before. */
const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 50;

export interface PrefaceOptions {
  readonly client: Connection;
  readonly socket: Socket<SocketEvents>;
  readonly preface: Preface;
  readonly clock: Clock;
}

/**
 * Takes the preface of a client from the kernel, and none of the bytes behind it. Bun reads whatever there is, but cannot
 * begin a handshake if it has read a part of it; so its socket is paused, and libc looks. As a rule the whole preface has
 * come when the client is accepted (Tuning.waitsForBytes); otherwise it is polled, because nothing tells when more comes.
 */
export class PrefaceReading implements Protocol {
  readonly #options: PrefaceOptions;
  readonly #read: () => void;
  #next: DelayedCall | undefined = undefined;
  #isOver = false;

  /** @param read is called when the handshake may begin; the socket is paused then */
  constructor(options: PrefaceOptions, read: () => void) {
    this.#options = options;
    this.#read = read;
  }

  start(): void {
    this.#options.client.attach(this);
    this.#options.socket.pause();
    this.#look(FIRST_PAUSE_MS);
  }

  draining(): void {
    if (!this.#isOver) this.#options.preface.draining?.();
  }

  connectionLost(error?: ConnectionLostError): void {
    this.#next?.cancel();
    this.#options.preface.connectionLost?.(error);
  }

  #look(pause: number): void {
    const { client, socket, preface, clock } = this.#options;
    const fd = descriptorOf(socket);
    const count = peek(fd, ROOM);
    if (count === 0) return preface.inputEnded();
    if (count === "lost") return client.abort("client/request/left");
    const bytes = ROOM.subarray(0, count === "none yet" ? 0 : count);
    const length = bytes.length === 0 ? undefined : preface.read(bytes);
    if (client.ending !== undefined) return;
    skip(fd, bytes.subarray(0, length));
    if (length === undefined) {
      this.#next = clock.callLater(pause, () => this.#lookAgain(Math.min(2 * pause, LONGEST_PAUSE_MS)));
    } else {
      this.#isOver = true;
      this.#read();
    }
  }

  #lookAgain(pause: number): void {
    try {
      this.#look(pause);
    } catch (bug) {
      this.#options.client.fail(bug);
    }
  }
}
