import ms from "ms";
import type { Clock } from "../clock.ts";
import { Deferred, TimeoutError, type Failure } from "../deferred/mod.ts";
import type { Log } from "../observe/log.ts";
import type { Service } from "../services/service.ts";

/** What makes a service stop: a signal's number, or a bug that nothing caught. */
export type Stop = { readonly signal: number } | { readonly bug: unknown };

export interface RunOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds that clients may take to finish after the first signal; 0: none. */
  readonly drainTimeout: number;
  /** Calls back for every signal and for an uncaught exception, from now on. */
  readonly onStop: (listener: (stop: Stop) => void) => void;
}

/** sysexits.h: EX_SOFTWARE, an internal error: for the supervisor. */
const EXIT_BUG = 70;

/**
 * Runs a service until it is told to stop. The first signal drains it, a second one or the end of the drain timeout
 * resets whoever has not got a whole answer.
 *
 * @returns the exit code: 0 drained, 1 could not start or reset somebody, 128 + signal after a second one, 70 a bug
 */
export function runService(
  service: Service,
  { clock, log, drainTimeout, onStop }: RunOptions,
): Deferred<number> {
  const exit = new Deferred<number>();
  let draining = false;

  onStop((stop) => {
    if (exit.called) return;
    if ("bug" in stop) {
      log.error(`Bug in poetry, stopping: ${stop.bug instanceof Error ? stop.bug.stack : String(stop.bug)}`);
      leave(EXIT_BUG);
    } else if (draining) {
      leave(128 + stop.signal);
    } else {
      draining = true;
      drain();
    }
  });
  service.start().addErrback((failure: Failure) => {
    log.error(failure.getErrorMessage());
    exit.callback(1);
  });
  return exit;

  function drain(): void {
    if (service.clients > 0) log.info(`Draining: ${countClients()} to finish within ${ms(drainTimeout)}.`);
    service
      .drain()
      .addTimeout(drainTimeout, clock)
      .addCallbacks(
        () => exit.called || exit.callback(0),
        (failure) => {
          failure.trap(TimeoutError);
          if (exit.called) return;
          log.warn(`Stopping: resetting ${countClients()} that could not be served in time.`);
          leave(1);
        },
      );
  }

  /** First the resets: a process that exits ends its connections in order, and half a poem would look whole. */
  function leave(code: number): void {
    service.abort();
    exit.callback(code);
  }

  function countClients(): string {
    return service.clients === 1 ? "1 client" : `${service.clients} clients`;
  }
}
