// Numbers, because a chain changes its phase at every link: storing a string would tell the garbage collector each time.

/** It has no result yet. */
export const UNFIRED = 0;
/** Every link has run, except what `pause()` holds back. */
export const IDLE = 1;
/** In a callback; or it handed its result over and goes on when the other Deferred has had its turn. */
export const RUNNING = 2;
/** A callback returned a Deferred that has no result yet. */
export const WAITING = 3;

/** What a chain is doing. */
export type Phase = typeof UNFIRED | typeof IDLE | typeof RUNNING | typeof WAITING;

/** The bits of the number that tell the phase. */
export const PHASE_BITS = 3;

/** What each `pause()` adds to the phase: one number tells what a chain is doing and that nothing holds it up. */
export const PAUSE = 4;

/** What people call each phase. */
export const PHASE_NAMES = ["unfired", "idle", "running", "waiting"] as const;
