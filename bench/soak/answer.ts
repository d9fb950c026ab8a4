import { Dice } from "./dice.ts";

/** What the first line of an answer says about it; all its other bytes follow from that. */
export interface Version {
  readonly number: number;
  /** Total length in bytes, with the first line. */
  readonly length: number;
  /** What was requested. */
  readonly key: string;
}

/** What a client has after a clean end; `refusal`: the upstream refused to answer. */
export type Verdict = "whole" | "refusal" | "wrong" | "truncated";

/** What the upstream sends to refuse a request. */
export const REFUSAL = "You have asked too often.\n";

export const LONGEST_KEY = 27;
const HEAD_BYTES = 10 + 1 + 8 + 1 + LONGEST_KEY + 1;
const TRAILER = "\nFinis.\n";
const SHORTEST = HEAD_BYTES + TRAILER.length;
/** Bytes without short repetitions; each version begins at another position. */
const PATTERN = patternOf(1_200_000);
const OFFSETS = 100_003;

/** The value of --complete, which tells a complete answer from half of one. */
export const COMPLETE = "Finis\\.\\n$";

/** The bytes of a version: its first line, a section of the pattern, and an end that occurs nowhere else. */
export function answerOf(version: Version): Buffer {
  const { number, length, key } = version;
  if (length < SHORTEST) throw new RangeError(`No answer has only ${length} bytes`);
  const head = `${String(number).padStart(10)} ${String(length).padStart(8)} ${key.padEnd(LONGEST_KEY)}\n`;
  const body = patternAt(number).subarray(0, length - SHORTEST);
  return Buffer.concat([Buffer.from(head), body, Buffer.from(TRAILER)], length);
}

/** Reads an answer as it arrives, and compares every byte with what its version must have. */
export class AnswerCheck {
  #head = Buffer.alloc(0);
  #expected: Buffer | undefined;
  #received = 0;
  #isWrong = false;
  readonly #key: string | undefined;

  /** @param key what was requested; absent: anything */
  constructor(key?: string) {
    this.#key = key;
  }

  /** Whether a byte differs, or there are too many. */
  get isWrong(): boolean {
    return this.#isWrong;
  }

  get received(): number {
    return this.#received;
  }

  take(chunk: Buffer): void {
    if (!this.#expected) {
      this.#head = Buffer.concat([this.#head, chunk]);
      this.#received = this.#head.length;
      if (this.#head.length >= HEAD_BYTES) this.#readHead();
      return;
    }
    const expected = this.#expected.subarray(this.#received, this.#received + chunk.length);
    this.#isWrong ||= !chunk.equals(expected);
    this.#received += chunk.length;
  }

  /** The connection has ended cleanly. */
  end(): Verdict {
    if (this.#isWrong) return "wrong";
    if (this.#head.equals(Buffer.from(REFUSAL))) return "refusal";
    return this.#expected && this.#received === this.#expected.length ? "whole" : "truncated";
  }

  #readHead(): void {
    const version = versionIn(this.#head);
    if (!version || (this.#key !== undefined && version.key !== this.#key)) {
      this.#isWrong = true;
      return;
    }
    this.#expected = answerOf(version);
    this.#isWrong = !this.#head.equals(this.#expected.subarray(0, this.#head.length));
  }
}

function versionIn(head: Buffer): Version | undefined {
  const fields = /^ *(\d+) +(\d+) (.*?) *\n/.exec(head.toString("latin1"));
  const version = fields && {
    number: Number(fields[1]),
    length: Number(fields[2]),
    key: fields[3] as string,
  };
  const isOne = version && version.length >= SHORTEST && version.length <= PATTERN.length - OFFSETS;
  return isOne ? version : undefined;
}

function patternAt(number: number): Buffer {
  return PATTERN.subarray((number * 7919) % OFFSETS);
}

function patternOf(length: number): Buffer {
  const dice = new Dice(1);
  return Buffer.from(Uint8Array.from({ length }, () => dice.between(0, 255)));
}
