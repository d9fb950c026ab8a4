import { free } from "./buffers/free.ts";
import { GrowingBytes } from "./buffers/growing-bytes.ts";
import type { Meter } from "./buffers/meter.ts";

/** One message, byte for byte as received. */
export interface Frame {
  readonly bytes: Uint8Array;
  /** False if the sender half-closed instead of sending the terminator. */
  readonly isTerminated: boolean;
  /** What to show of it in the log, if not its bytes. */
  readonly label?: Uint8Array;
}

/** Why bytes are not a frame. */
export type FrameFault = "too_long" | "malformed" | "incomplete";

/** The bytes are not a frame, or not an acceptable one. */
export class FrameError extends Error {
  override readonly name = "FrameError";

  constructor(
    readonly fault: FrameFault,
    detail: string,
  ) {
    super(detail);
  }
}

/** How to find the end of a kind of frame. */
export interface FrameRule {
  /**
   * The length of the frame at the start of `bytes`, including its terminator; -1 while it is unknown. It may exceed
   * the length of `bytes` if the rest has not arrived yet. The previous call found no end before `from`.
   *
   * @throws {FrameError} if these bytes cannot begin a frame
   */
  readonly length: (bytes: Uint8Array, from: number) => number;
  /** Whether the end of the input also completes a frame. */
  readonly endsWithInput: boolean;
}

/** Finds one frame in a stream, however it is split. Buffers at most `limit` + 1 bytes. */
export class FrameReader {
  readonly #rule: FrameRule;
  readonly #limit: number;
  readonly #received: GrowingBytes;
  /** The size of the frame in bytes, once it is known. */
  #length: number | undefined = undefined;

  /**
   * @param limit the longest frame allowed, in bytes
   * @param meter may throw to refuse bytes
   */
  constructor(rule: FrameRule, limit: number, meter?: Meter) {
    this.#rule = rule;
    this.#limit = limit;
    this.#received = new GrowingBytes(limit + 1, meter);
  }

  /**
   * Takes the next bytes, to which nobody else may refer; returns the frame if they complete it. Bytes after the frame are
   * left alone.
   *
   * @throws {FrameError} if they cannot be part of an acceptable frame
   */
  take(bytes: Uint8Array): Frame | undefined {
    const received = this.#received;
    const before = received.length;
    const isCopied = received.append(bytes.subarray(0, (this.#length ?? this.#limit + 1) - before));
    const length = this.#rule.length(received.view(), before);
    if (length > this.#limit || (length === -1 && received.length > this.#limit)) {
      throw new FrameError("too_long", `longer than ${this.#limit} bytes`);
    }
    if (length !== -1) {
      this.#length = length;
      received.expect(length); // So that a long frame gets no spare room in its array.
    }
    if (length === -1 || length > received.length) {
      if (isCopied) free(bytes);
      return undefined;
    }
    return { bytes: received.exact(length), isTerminated: true };
  }

  /** Gives up, and frees the bytes received so far. */
  discard(): void {
    this.#received.clear();
  }

  /**
   * The input has ended; returns the frame if that completes one.
   *
   * @throws {FrameError} if it does not
   */
  end(): Frame {
    const received = this.#received;
    if (!this.#rule.endsWithInput || received.length === 0) {
      throw new FrameError("incomplete", `cut short after ${received.length} bytes`);
    }
    return { bytes: received.exact(), isTerminated: false };
  }
}
