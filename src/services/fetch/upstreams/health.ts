import { nextHoldDown, type HoldDown } from "../../../cache/hold-down.ts";
import { FetchError } from "../errors.ts";
import { LOCAL_HOLD, LocalTrouble } from "./local-trouble.ts";
import type { Refusal } from "./refusal.ts";

/** Longest hold-down, in milliseconds: a registry that refuses needs a longer rest than a host that restarts. */
const LONGEST = { failure: 30_000, refusal: 300_000 } as const;

/**
 * What an attempt says about an address. `serves`: it gave an answer; `reached`: it is up but gave none; `fails`: it is
 * down or silent; a Refusal: it refuses; a FetchError: this machine could not even try; undefined: nothing.
 */
export type Finding = "serves" | "reached" | "fails" | Refusal | FetchError | undefined;

/** An attempt under way, and the state of its address when it began. */
export interface Attempt {
  /** How often that state had changed. */
  readonly state: number;
  readonly isProbe: boolean;
}

/**
 * Whether an address is held down, until when, and why: it refused, was silent, could not be reached or not even be
 * tried.
 */
export class Health {
  #hold: HoldDown | undefined = undefined;
  #refusal: Refusal | undefined = undefined;
  #trouble: LocalTrouble | undefined = undefined;
  #isProbed = false;
  /** Counts state changes: the outcome of an attempt must not affect a hold that began after it. */
  #state = 0;

  /** Whether to avoid it: it is held down, or a probe is finding out whether it must stay so. */
  isHeld(now: number): boolean {
    return this.#isHeldDown(now) || this.troubleAt(now) !== undefined;
  }

  /** The refusal, if it is held because of one. */
  refusalAt(now: number): Refusal | undefined {
    return this.#isHeldDown(now) ? this.#refusal : undefined;
  }

  /**
   * The trouble, if it is held because this machine could not try it. That says nothing about the address, and ends
   * without a probe.
   */
  troubleAt(now: number): LocalTrouble | undefined {
    return this.#trouble && now < this.#trouble.until ? this.#trouble : undefined;
  }

  /** The clock's milliseconds when its hold ends. */
  get heldUntil(): number {
    return Math.max(this.#hold?.until ?? -Infinity, this.#trouble?.until ?? -Infinity);
  }

  /** Ends any hold. */
  release(): void {
    this.#trouble = undefined;
    if (this.#hold) this.#change(undefined, undefined);
  }

  /** An attempt begins. The first one after a hold is the probe. */
  begin(now: number): Attempt {
    const isProbe = this.#hold !== undefined && !this.#isHeldDown(now);
    if (isProbe) this.#isProbed = true;
    return { state: this.#state, isProbe };
  }

  /**
   * An attempt has ended.
   *
   * @param random gives numbers from 0 to 1
   * @returns how the address changed, if it did
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
    if (finding instanceof FetchError) return this.#cannotTry(finding, now);
    if (finding === "serves" || finding === "reached") {
      const isProof = finding === "serves" || !this.#refusal;
      return this.#hold && isProof && !isLate ? this.#change(undefined, undefined) : undefined;
    }
    const refusal = finding === "fails" ? undefined : finding;
    if (isLate && (this.#refusal || !refusal)) return undefined; // If many fail together, only one counts.
    const longest = refusal ? LONGEST.refusal : LONGEST.failure;
    return this.#change(nextHoldDown(this.#hold, now, random, longest), refusal);
  }

  #isHeldDown(now: number): boolean {
    return this.#hold !== undefined && (now < this.#hold.until || this.#isProbed);
  }

  /** If many fail together, only the first counts. */
  #cannotTry(error: FetchError, now: number): "held" | undefined {
    if (this.troubleAt(now)) return undefined;
    this.#trouble = new LocalTrouble(error, now + LOCAL_HOLD);
    return "held";
  }

  #change(hold: HoldDown | undefined, refusal: Refusal | undefined): "held" | "released" {
    this.#hold = hold;
    this.#refusal = refusal;
    this.#isProbed = false;
    this.#state++;
    return hold ? "held" : "released";
  }
}
