import ms from "ms";
import type { Clock } from "../time/clock.ts";
import { Deferred, TimeoutError } from "../deferred/mod.ts";
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
  let isDraining = false;
  let isLeaving = false;

  onStop((stop) => {
    if (isLeaving) return;
    if ("bug" in stop) {
      log.error(`Bug in poetry, stopping: ${stop.bug instanceof Error ? stop.bug.stack : String(stop.bug)}`, {
        event: "bug",
      });
      leave(EXIT_BUG);
    } else if (isDraining) {
      leave(128 + stop.signal);
    } else {
      drain();
    }
  });
  service.start().addErrback((failure) => {
    log.error(failure.getErrorMessage(), { event: "start-failed" });
    leave(1);
  });
  return exit;

  function drain(): void {
    isDraining = true;
    const drained = service.drain();
    const limit = drainTimeout === Infinity ? "" : ` within ${ms(drainTimeout)}`;
    if (service.clients > 0)
      log.info(`Draining: ${countClients()} to be served${limit}.`, { event: "draining" });
    drained.addTimeout(drainTimeout, clock).addCallbacks(
      () => leave(0),
      (failure) => {
        failure.trap(TimeoutError);
        const text = `Stopping: ${countClients()} could not be served in time and will be reset.`;
        log.warn(text, { event: "drain-timeout" });
        leave(1);
      },
    );
  }

  /** Resets who is left before the process ends: the system would end them in order, and half a poem would look whole. */
  function leave(code: number): void {
    if (isLeaving) return;
    isLeaving = true; // First: with its last client reset, the service counts as drained.
    service.abort();
    exit.callback(code);
  }

  function countClients(): string {
    return service.clients === 1 ? "1 client" : `${service.clients} clients`;
  }
}
