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
  /** Whether there is no time for clients to finish. */
  readonly isAbrupt?: true;
  /** Whether another process has taken over and accepts clients. */
  readonly isReplaced?: true;
}

/** A service, or several that start and stop together. */
export interface Runnable {
  /** How many clients are connected. */
  readonly clients: number;
  /** How many of them have not received their whole answer. */
  readonly unserved: number;
  start(): Deferred;
  /** Accepts no more clients. Fires when the last one has left. */
  drain(how?: DrainOptions): Deferred;
  /** Resets all clients. */
  abort(): void;
}

/** What `runService` depends on: injected, so that tests can stop a service without signals. */
export interface RunOptions {
  readonly clock: Clock;
  readonly observer: Observer<ProcessEvents>;
  /** Milliseconds that clients may take to finish after the first signal; 0: none. */
  readonly drainTimeout: number;
  /** How long clients are still accepted after the first signal, in milliseconds; default: 0. */
  readonly drainDelay?: number;
  /** Registers the function to call for every stop signal and every uncaught exception. */
  readonly onStop: (listener: (stop: Stop) => void) => void;
  /** Logs what has been counted so far, such as repeated lines: called before the last line. */
  readonly tellRest?: () => void;
  /** Called on each change of phase, except once another process accepts clients. */
  readonly phase?: (phase: Phase) => void;
}

/** Not listening yet, accepting clients, or waiting for the last ones. */
export type Phase = "starting" | "serving" | "draining";

/** sysexits.h: EX_SOFTWARE, an internal error. */
const EXIT_BUG = 70;

/**
 * Runs a service until it is told to stop. The first signal drains it; a second or an abrupt one, or the end of the
 * drain timeout, resets the clients that have not got a whole answer. Being replaced by another process also drains it,
 * but does not count as the first signal.
 *
 * @returns the exit code: 0 drained, 1 could not start or reset a client, 128 + signal after a second signal, 70 a bug
 */
export function runService(service: Runnable, options: RunOptions): Deferred<number> {
  const { clock, observer, onStop, phase = () => {}, tellRest = () => {} } = options;
  const exit = new Deferred<number>();
  let drainedBy: string | undefined;
  /** Whether it drains only because another process has taken over: no stop signal has come yet. */
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
      isOnlyReplaced = false; // Service managers signal all processes of a service: this is our first signal.
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

  /** Accepts no more clients. If the service was replaced, connected ones may still send their request. */
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
          stopNow(signal, service.unserved > 0 ? 1 : 0, clients); // Clients with a whole answer may just not have hung up.
        },
      );
  }

  function stopNow(signal: string, code: number, served = 0): void {
    if (isLeaving) return; // With its last client reset, the service counts as drained.
    tellRest();
    observer.stopping({ signal, served, reset: service.unserved });
    leave(code);
  }

  /** Resets remaining clients first: the kernel would close them cleanly, and half a poem would look complete. */
  function leave(code: number): void {
    isLeaving = true;
    service.abort();
    exit.callback(code);
  }
}
