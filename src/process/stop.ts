import { Deferred, TimeoutError } from "../deferred/mod.ts";
import type { DrainOptions } from "../net/listen.ts";
import type { ProcessEvents } from "../observe/events.ts";
import type { Observer } from "../services/observer.ts";
import type { Clock } from "../time/clock.ts";

/** The cause of a stop: a signal, which may leave no time for clients, or an uncaught bug. */
export type Stop = Signalled | { readonly bug: unknown };

interface Signalled {
  readonly signal: number;
  readonly name: string;
  /** No time is left. */
  readonly isAbrupt?: true;
  /** Another process accepts clients. */
  readonly isReplaced?: true;
}

/** A service, or several that start and stop together. */
export interface Runnable {
  /** Clients connected now. */
  readonly clients: number;
  /** How many of them have not received their whole answer. */
  readonly unserved: number;
  start(): Deferred;
  drain(how?: DrainOptions): Deferred;
  abort(): void;
}

export interface RunOptions {
  readonly clock: Clock;
  readonly observer: Observer<ProcessEvents>;
  /** Milliseconds that clients may take to finish after the first signal; 0: none. */
  readonly drainTimeout: number;
  /** How long clients are still accepted after the first signal, in milliseconds; default: 0. */
  readonly drainDelay?: number;
  /** Calls back for every signal and for an uncaught exception, from now on. */
  readonly onStop: (listener: (stop: Stop) => void) => void;
  /** Tells what has been counted so far and not told yet: called before the last line. */
  readonly tellRest?: () => void;
  /** Called with each phase of the process, except after another process accepts clients. */
  readonly phase?: (phase: Phase) => void;
}

/** Not listening yet; listening; waiting for the last clients. */
export type Phase = "starting" | "serving" | "draining";

/** sysexits.h: EX_SOFTWARE, an internal error. */
const EXIT_BUG = 70;

/**
 * Runs a service until it is told to stop. The first signal drains it; a second or an abrupt one, or the end of the drain
 * timeout, resets the clients that have not got a whole answer. Being replaced by another process drains it as well, and does
 * not count as a signal.
 *
 * @returns the exit code: 0 drained, 1 could not start or reset a client, 128 + signal after a second signal, 70 a bug
 */
export function runService(service: Runnable, options: RunOptions): Deferred<number> {
  const { clock, observer, onStop, phase = () => {}, tellRest = () => {} } = options;
  const exit = new Deferred<number>();
  let drainedBy: string | undefined;
  /** It accepts no clients because another process does; it has not been told to stop. */
  let isOnlyReplaced = false;
  let isLeaving = false;

  onStop((stop) => {
    if (isLeaving) return;
    if ("bug" in stop) {
      tellRest();
      observer.crashed(stop.bug);
      leave(EXIT_BUG);
    } else if (drainedBy === undefined && !stop.isAbrupt) {
      drain(stop);
    } else if (isOnlyReplaced && !stop.isAbrupt) {
      isOnlyReplaced = false; // Service managers signal all processes of a service, so this is the first signal for this one.
      service.drain();
    } else {
      stopNow(stop.name, 128 + stop.signal);
    }
  });
  service.start().addCallbacks(
    () => phase("serving"),
    (failure) => {
      observer.startFailed(failure.value);
      leave(1);
    },
  );
  return exit;

  function drain({ name, isReplaced }: Signalled): void {
    drainedBy = name;
    isOnlyReplaced = isReplaced === true;
    if (!isReplaced) phase("draining");
    const { drainDelay = 0 } = options;
    if (drainDelay === 0 || isReplaced) endInput(name, isReplaced === true);
    else clock.callLater(drainDelay, () => endInput(name, false));
  }

  /** Accepts no more clients. Connected clients of a replaced service may still ask, and notice nothing. */
  function endInput(signal: string, isReplaced: boolean): void {
    if (isLeaving) return;
    const { clients } = service;
    const { drainTimeout } = options;
    if (clients > 0) observer.draining({ signal, clients, timeout: drainTimeout });
    service
      .drain({ lettingAsk: isReplaced })
      .addTimeout(drainTimeout, clock)
      .addCallbacks(
        () => stopNow(signal, 0, clients),
        (failure) => {
          failure.trap(TimeoutError);
          stopNow(signal, service.unserved > 0 ? 1 : 0, clients); // Some may only not have hung up.
        },
      );
  }

  function stopNow(signal: string, code: number, served = 0): void {
    if (isLeaving) return; // With its last client reset, the service counts as drained.
    tellRest();
    observer.stopping({ signal, served, reset: service.unserved });
    leave(code);
  }

  /** Resets the remaining clients before the process ends: the system would close them cleanly, and half a poem would look whole. */
  function leave(code: number): void {
    isLeaving = true;
    service.abort();
    exit.callback(code);
  }
}
