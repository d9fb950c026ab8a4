import { nextHoldDown, type HoldDown } from "../../../cache/hold-down.ts";
import type { Refusal } from "./refusal.ts";

/** Milliseconds that a hold-down may last: a registry that refuses wants to be left in peace for longer than a host that restarts. */
const LONGEST = { failure: 30_000, refusal: 300_000 } as const;

/**
 * What an attempt says about the address that was asked: it gave an answer; it is there, though it gave none; it is down or
 * silent; it refuses; or nothing at all.
 */
export type Finding = "serves" | "reached" | "fails" | Refusal | undefined;

/** An attempt under way, and what was known of its address when it began. */
export interface Attempt {
  readonly state: number;
  readonly isProbe: boolean;
}

/** Whether one address is held down, because it could not be reached, was silent or refused, and until when. */
export class Health {
  #hold: HoldDown | undefined = undefined;
  #refusal: Refusal | undefined = undefined;
  #isProbed = false;
  /** Counts the changes: an attempt says nothing about a hold that began after it did. */
  #state = 0;

  /** Whether it is better left alone: its hold lasts, or somebody is finding out whether it has to go on. */
  isHeld(now: number): boolean {
    return this.#hold !== undefined && (now < this.#hold.until || this.#isProbed);
  }

  /** Why, if it is held because it refused. */
  refusalAt(now: number): Refusal | undefined {
    return this.isHeld(now) ? this.#refusal : undefined;
  }

  /** The clock's milliseconds when its hold ends. */
  get heldUntil(): number {
    return this.#hold?.until ?? -Infinity;
  }

  /** It is asked again, whatever happened. */
  release(): void {
    if (this.#hold) this.#change(undefined, undefined);
  }

  /** Somebody asks it. The first one after the end of a hold is the probe. */
  begin(now: number): Attempt {
    const isProbe = this.#hold !== undefined && !this.isHeld(now);
    if (isProbe) this.#isProbed = true;
    return { state: this.#state, isProbe };
  }

  /**
   * The attempt is over.
   *
   * @param random gives numbers from 0 to 1
   * @returns what that changed
   */
  end(
    attempt: Attempt,
    finding: Finding,
    now: number,
    random: () => number,
  ): "held" | "released" | undefined {
    const isLate = attempt.state !== this.#state;
    if (!isLate && attempt.isProbe) this.#isProbed = false;
    if (finding === undefined) return undefined;
    if (finding === "serves" || finding === "reached") {
      const isProof = finding === "serves" || !this.#refusal;
      return this.#hold && isProof && !isLate ? this.#change(undefined, undefined) : undefined;
    }
    const refusal = finding === "fails" ? undefined : finding;
    if (isLate && (this.#refusal || !refusal)) return undefined; // Of many that fail together, one counts.
    const longest = refusal ? LONGEST.refusal : LONGEST.failure;
    return this.#change(nextHoldDown(this.#hold, now, random, longest), refusal);
  }

  #change(hold: HoldDown | undefined, refusal: Refusal | undefined): "held" | "released" {
    this.#hold = hold;
    this.#refusal = refusal;
    this.#isProbed = false;
    this.#state++;
    return hold ? "held" : "released";
  }
}
