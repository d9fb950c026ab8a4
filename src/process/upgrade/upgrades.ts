import { Deferred, fail, maybeDeferred, succeed } from "../../deferred/mod.ts";
import type { ProcessEvents } from "../../observe/events.ts";
import type { Observer } from "../../services/observer.ts";
import { Attempt, type AttemptOptions, type Estate, type NewProcess } from "./attempt.ts";
import { commandLine, objectionTo } from "./executable.ts";

/** What an upgrade needs, besides the command. */
export interface UpgradeOptions extends Omit<AttemptOptions, "timeout"> {
  readonly observer: Observer<Pick<ProcessEvents, "upgrading" | "upgraded" | "upgradeFailed">>;
  readonly estate: Estate;
  /** Time limit until the new process serves, in milliseconds. */
  readonly timeout: () => number;
  /** Why there can be no upgrade now; undefined: there can. */
  readonly objection: () => string | undefined;
}

/** The upgrades of a process, one at a time: a new process, started from the installed file, takes its place. */
export class Upgrades {
  readonly #options: UpgradeOptions;
  #attempt: Attempt | undefined = undefined;
  #over: Deferred<void> = succeed<void>(undefined);

  constructor(options: UpgradeOptions) {
    this.#options = options;
  }

  /** Whether an upgrade is under way. */
  get isUnderWay(): boolean {
    return this.#attempt !== undefined;
  }

  /**
   * Starts an upgrade. Fires with the process that has taken over; fails with an Error, and everything is as before.
   */
  begin(): Deferred<NewProcess> {
    const { observer } = this.#options;
    return maybeDeferred(() => this.#begin()).addErrback((failure) => {
      observer.upgradeFailed({ reason: failure.getErrorMessage() });
      return failure;
    });
  }

  /** Gives up an upgrade that is under way. */
  end(reason: string): void {
    this.#attempt?.end(reason);
  }

  /** Gives it up at once, by killing the new process. */
  kill(): void {
    this.#attempt?.kill();
  }

  /** Fires when no upgrade is under way. */
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
