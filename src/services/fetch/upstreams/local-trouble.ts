import { FetchError } from "../errors.ts";

/** Milliseconds that nobody tries again: trying is what the system is short of, and makes it worse. */
export const LOCAL_HOLD = 10_000;

/** This machine could not connect to an address: no port was free, no descriptor, no memory, or a rule of its own forbids it. */
export class LocalTrouble {
  /**
   * @param error how the first attempt failed
   * @param until the clock's milliseconds when somebody may try again
   */
  constructor(
    readonly error: FetchError,
    readonly until: number,
  ) {}

  /** As the failure of a later fetch, for which nothing is tried. */
  asError(): FetchError {
    const { upstream, reason, detail } = this.error;
    const error = new FetchError(upstream, reason, 0, detail);
    error.isRepeated = true;
    return error;
  }
}
