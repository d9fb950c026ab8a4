import { Deferred, fail, maybeDeferred, succeed } from "../../deferred/mod.ts";
import type { ProcessEvents } from "../../observe/events.ts";
import type { Observer } from "../../services/observer.ts";
import { Attempt, type AttemptOptions, type Estate, type NewProcess } from "./attempt.ts";
import { commandLine, objectionTo } from "./executable.ts";

export interface UpgradeOptions extends Omit<AttemptOptions, "timeout"> {
  readonly observer: Observer<Pick<ProcessEvents, "upgrading" | "upgraded" | "upgradeFailed">>;
  readonly estate: Estate;
  /** Time limit for the new process to serve, in milliseconds. */
  readonly timeout: () => number;
  /** Why there can be no upgrade now; undefined if there can. */
  readonly objection: () => string | undefined;
}

/** The upgrades of a process: a new one, started from the currently installed file, takes its place. One at a time. */
export class Upgrades {
  readonly #options: UpgradeOptions;
  #attempt: Attempt | undefined = undefined;
  #over: Deferred<void> = succeed<void>(undefined);

  constructor(options: UpgradeOptions) {
    this.#options = options;
  }

  /** Whether one is under way. */
  get isUnderWay(): boolean {
    return this.#attempt !== undefined;
  }

  /** Begins an upgrade. Fires with the process that has taken over; fails with an Error, after which everything is as before. */
  begin(): Deferred<NewProcess> {
    const { observer } = this.#options;
    return maybeDeferred(() => this.#begin()).addErrback((failure) => {
      observer.upgradeFailed({ reason: failure.getErrorMessage() });
      return failure;
    });
  }

  /** Ends an upgrade that is under way: no new process is needed any more. */
  end(reason: string): void {
    this.#attempt?.end(reason);
  }

  /** The same, at once. */
  kill(): void {
    this.#attempt?.kill();
  }

  /** Fires when none is under way. */
  over(): Deferred<void> {
    return this.#over.fork();
  }

  #begin(): Deferred<NewProcess> {
    const { observer, timeout, objection, ...rest } = this.#options;
    const command = commandLine();
    const reason = this.#attempt ? "an upgrade is under way" : (objection() ?? objectionTo(command));
    if (reason !== undefined) return fail(new Error(reason));
    observer.upgrading({ path: command[0] });
    const startedAt = rest.clock.now();
    const attempt = new Attempt(command, { ...rest, timeout: timeout() });
    this.#attempt = attempt;
    this.#over = new Deferred<void>();
    return attempt.outcome
      .addBoth((outcome) => {
        this.#attempt = undefined;
        this.#over.callback();
        return outcome;
      })
      .addCallback((by) => {
        observer.upgraded({ ...by, ms: rest.clock.now() - startedAt });
        return by;
      });
  }
}
