import { GrowingBytes } from "./buffers/growing-bytes.ts";
import type { Meter } from "./buffers/meter.ts";

/** One message, byte for byte as it came. */
export interface Frame {
  readonly bytes: Uint8Array;
  /** false: the sender ended its side instead of sending the terminator. */
  readonly isTerminated: boolean;
  /** What people are shown of it, if not its bytes. */
  readonly label?: Uint8Array;
}

/** Why bytes are no frame. */
export type FrameFault = "too_long" | "malformed" | "incomplete";

/** The bytes are no frame, or none that is allowed. */
export class FrameError extends Error {
  override readonly name = "FrameError";

  constructor(
    readonly fault: FrameFault,
    detail: string,
  ) {
    super(detail);
  }
}

/** How a kind of frame tells where it ends. */
export interface FrameRule {
  /**
   * How long the frame at the start of `bytes` is, as soon as they tell, its terminator included; -1 until then. It may be
   * longer than `bytes`: the rest is still to come. Before `from`, the last call found nothing.
   *
   * @throws {FrameError} when these bytes begin no frame
   */
  readonly length: (bytes: Uint8Array, from: number) => number;
  /** Whether the end of the sender's side completes a frame, too. */
  readonly endsWithInput: boolean;
}

/** Finds one frame in what a peer sends, however it is cut up. Buffers at most `limit` + 1 bytes. */
export class FrameReader {
  readonly #rule: FrameRule;
  readonly #limit: number;
  readonly #received: GrowingBytes;
  /** Bytes of the frame, once it has told them. */
  #length: number | undefined = undefined;

  /**
   * @param limit bytes of the longest frame
   * @param meter may throw: then nothing is taken
   */
  constructor(rule: FrameRule, limit: number, meter?: Meter) {
    this.#rule = rule;
    this.#limit = limit;
    this.#received = new GrowingBytes(limit + 1, meter);
  }

  /**
   * Takes the next bytes; gives the frame when they complete it. What follows the frame is thrown away.
   *
   * @throws {FrameError}
   */
  take(bytes: Uint8Array): Frame | undefined {
    const received = this.#received;
    const before = received.length;
    received.append(bytes.subarray(0, (this.#length ?? this.#limit + 1) - before));
    const length = this.#rule.length(received.view(), before);
    if (length > this.#limit || (length === -1 && received.length > this.#limit)) {
      throw new FrameError("too_long", `longer than ${this.#limit} bytes`);
    }
    if (length === -1) return undefined;
    this.#length = length;
    received.expect(length); // It may be long: then its array is to have no spare room.
    if (length > received.length) return undefined;
    return { bytes: received.exact(length), isTerminated: true };
  }

  /** There will be no frame: gives back the memory of what has come. */
  discard(): void {
    this.#received.clear();
  }

  /**
   * The sender ended its side; gives the frame if that completes one.
   *
   * @throws {FrameError} if it does not
   */
  end(): Frame {
    const received = this.#received;
    if (!this.#rule.endsWithInput || received.length === 0) {
      throw new FrameError("incomplete", `broken off after ${received.length} bytes`);
    }
    return { bytes: received.exact(), isTerminated: false };
  }
}
