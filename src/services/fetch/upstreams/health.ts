import { nextHoldDown, type HoldDown } from "../../../cache/hold-down.ts";
import { FetchError } from "../errors.ts";
import { LOCAL_HOLD, LocalTrouble } from "./local-trouble.ts";
import type { Refusal } from "./refusal.ts";

/** Milliseconds that a hold-down may last: a registry that refuses wants to be left in peace for longer than a host that restarts. */
const LONGEST = { failure: 30_000, refusal: 300_000 } as const;

/**
 * What an attempt says about the address that was asked: it gave an answer; it is there, though it gave none; it is down or
 * silent; it refuses; this machine could not even try, and how that failed; or nothing at all.
 */
export type Finding = "serves" | "reached" | "fails" | Refusal | FetchError | undefined;

/** An attempt under way, and what was known of its address when it began. */
export interface Attempt {
  readonly state: number;
  readonly isProbe: boolean;
}

/** Whether one address is held down, because it could not be reached or even tried, was silent or refused, and until when. */
export class Health {
  #hold: HoldDown | undefined = undefined;
  #refusal: Refusal | undefined = undefined;
  #trouble: LocalTrouble | undefined = undefined;
  #isProbed = false;
  /** Counts the changes: an attempt says nothing about a hold that began after it did. */
  #state = 0;

  /** Whether it is better left alone: its hold lasts, or somebody is finding out whether it has to go on. */
  isHeld(now: number): boolean {
    return this.#isHeldDown(now) || this.troubleAt(now) !== undefined;
  }

  /** Why, if it is held because it refused. */
  refusalAt(now: number): Refusal | undefined {
    return this.#isHeldDown(now) ? this.#refusal : undefined;
  }

  /** Why, if it is held because this machine could not try. That says nothing of the address, and ends by itself, without a probe. */
  troubleAt(now: number): LocalTrouble | undefined {
    return this.#trouble && now < this.#trouble.until ? this.#trouble : undefined;
  }

  /** The clock's milliseconds when its hold ends. */
  get heldUntil(): number {
    return Math.max(this.#hold?.until ?? -Infinity, this.#trouble?.until ?? -Infinity);
  }

  /** It is asked again, whatever happened. */
  release(): void {
    this.#trouble = undefined;
    if (this.#hold) this.#change(undefined, undefined);
  }

  /** Somebody asks it. The first one after the end of a hold is the probe. */
  begin(now: number): Attempt {
    const isProbe = this.#hold !== undefined && !this.#isHeldDown(now);
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
    if (finding instanceof FetchError) return this.#cannotTry(finding, now);
    if (finding === "serves" || finding === "reached") {
      const isProof = finding === "serves" || !this.#refusal;
      return this.#hold && isProof && !isLate ? this.#change(undefined, undefined) : undefined;
    }
    const refusal = finding === "fails" ? undefined : finding;
    if (isLate && (this.#refusal || !refusal)) return undefined; // Of many that fail together, one counts.
    const longest = refusal ? LONGEST.refusal : LONGEST.failure;
    return this.#change(nextHoldDown(this.#hold, now, random, longest), refusal);
  }

  #isHeldDown(now: number): boolean {
    return this.#hold !== undefined && (now < this.#hold.until || this.#isProbed);
  }

  /** Of many that fail together, one counts. */
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
