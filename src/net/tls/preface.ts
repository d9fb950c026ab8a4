import type { Socket } from "bun";
import type { Clock, DelayedCall } from "../../time/clock.ts";
import type { Connection } from "../connection.ts";
import type { ConnectionLostError } from "../errors.ts";
import { descriptorOf, peek, skip } from "../libc.ts";
import type { SocketEvents } from "../socket/wire.ts";
import type { Protocol } from "../transport.ts";

/** The bytes that a client sends in the clear before its TLS handshake. */
export interface Preface extends Pick<Protocol, "draining" | "connectionLost"> {
  /**
   * Takes the next bytes without keeping them; aborts the client if they are invalid.
   *
   * @returns how many of them belong to the preface, once that is complete; undefined if all do and more is needed
   */
  read(bytes: Uint8Array): number | undefined;
  /** The client half-closed before the preface was complete. */
  inputEnded(): void;
}

/** A buffer for peeking, shared by all clients. */
const ROOM = new Uint8Array(8192);

/** Milliseconds until the next look; the pause doubles up to the longest one. */
const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 50;

/** Options of a PrefaceReading. */
export interface PrefaceOptions {
  readonly client: Connection;
  readonly socket: Socket<SocketEvents>;
  readonly preface: Preface;
  readonly clock: Clock;
}

/**
 * Reads the preface of a client from the kernel, and no byte after it. Bun would read everything available, but cannot
 * begin a handshake of which it has read a part. So its socket is paused, and libc reads. Usually the whole preface has
 * arrived when the client is accepted (Tuning.waitsForBytes); otherwise it is polled, because there is no event.
 */
export class PrefaceReading implements Protocol {
  readonly #options: PrefaceOptions;
  readonly #read: () => void;
  #next: DelayedCall | undefined = undefined;
  #isOver = false;

  /** @param read called when the handshake may begin; the socket is still paused */
  constructor(options: PrefaceOptions, read: () => void) {
    this.#options = options;
    this.#read = read;
  }

  start(): void {
    this.#options.client.attach(this);
    this.#options.client.pauseReading();
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
