// Numbers, because a chain changes its phase at every link, and storing a string involves the garbage collector each time.

/** It has no result yet. */
export const UNFIRED = 0;
/** Every link has run, except what `pause()` holds back. */
export const IDLE = 1;
/** In a callback; or it has handed its result over and continues after the other Deferred. */
export const RUNNING = 2;
/** A callback returned a Deferred that has no result yet. */
export const WAITING = 3;

/** The state of a chain. */
export type Phase = typeof UNFIRED | typeof IDLE | typeof RUNNING | typeof WAITING;

/** The bits that hold the phase. */
export const PHASE_BITS = 3;

/** Added to the phase by each `pause()`, so that one comparison tells the phase and that nothing holds the chain up. */
export const PAUSE = 4;
/** How far the pauses are shifted, in bits. */
export const PAUSE_SHIFT = 2;

/** The names of the phases. */
export const PHASE_NAMES = ["unfired", "idle", "running", "waiting"] as const;

/** A chain, as far as these functions look at it. */
interface Stateful {
  readonly _state: number;
}

export function phaseOf(chain: Stateful): Phase {
  return (chain._state & PHASE_BITS) as Phase;
}

/** How many calls of `pause()` hold it up. */
export function pausesOf(chain: Stateful): number {
  return chain._state >> PAUSE_SHIFT;
}
