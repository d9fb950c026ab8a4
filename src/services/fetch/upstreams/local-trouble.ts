import { FetchError } from "../errors.ts";

/** Milliseconds without another try: each one needs what the system is short of, and makes things worse. */
export const LOCAL_HOLD = 10_000;

/**
 * This machine could not connect to an address: it had no free port, descriptor or memory, or its own firewall forbids
 * it.
 */
export class LocalTrouble {
  /**
   * @param error how the first attempt failed
   * @param until when to try again, by the clock's milliseconds
   */
  constructor(
    readonly error: FetchError,
    readonly until: number,
  ) {}

  /** The same failure for a later fetch, which tries nothing. */
  asError(): FetchError {
    const { upstream, reason, detail } = this.error;
    const error = new FetchError(upstream, reason, 0, detail);
    error.isRepeated = true;
    return error;
  }
}
