import { fail, gatherResults, succeed, type Deferred } from "../../deferred/mod.ts";
import { formatAddress, type Address } from "../../net/address.ts";
import type { Port } from "../../net/port.ts";
import type { ProcessEvents } from "../../observe/events.ts";
import type { Observer } from "../../services/observer.ts";
import type { Clock } from "../../time/clock.ts";
import type { Estate, NewProcess } from "./attempt.ts";
import type { LeftSocket } from "./messages.ts";
import type { Predecessor } from "./predecessor.ts";
import { objectionToLeaving } from "./supervisor.ts";
import { Upgrades } from "./upgrades.ts";

/** What an upgrade touches in this process. */
export interface SuccessionOptions {
  readonly clock: Clock;
  readonly observer: Observer<ProcessEvents>;
  /** The services, with their ports by the key of their place. */
  readonly roster: { readonly ports: ReadonlyMap<string, Port>; readonly isEnding: boolean };
  /** Whether a reload is under way; absent: never. */
  readonly isReloading?: (() => boolean) | undefined;
  /** Resources that only one process can have open. */
  readonly stores: { suspend(): Deferred<void>; resume(): Deferred<void> } | undefined;
  /** The path of the control socket; undefined: there is none. */
  readonly control: string | undefined;
  /** The process that this one takes over from; undefined: none. */
  readonly predecessor: Predecessor | undefined;
  /** Additional variables for the environment of the next process. */
  readonly variables: Estate["variables"];
  /** See `Estate`. */
  readonly ignoresHangup: Estate["ignoresHangup"];
  /** Time limit until the next process serves, in milliseconds. */
  readonly timeout: () => number;
  /** Time limit for the last clients, in milliseconds. */
  readonly drainTimeout: () => number;
  /** Called when the next process serves, before it learns that it is alone. */
  readonly replaced: (by: NewProcess) => void;
  /** Makes this process accept no more clients. */
  readonly leave: () => void;
}

/** The metrics and control sockets of this process. */
export interface Outside {
  /** The port for metrics; undefined: there is none. */
  readonly metricsPort: Port | undefined;
  /** Opens the control socket again, after a failed upgrade. */
  restore(): Deferred<void>;
  /** Leaves both to another process. Fires when current clients have their answers. */
  leave(): Deferred<void>;
}

/** Time limit for clients of metrics and control to get their last answers, in milliseconds. */
const LEAVE_MS = 1_000;

/** Both sides of an upgrade: the process that this one took over from, and the one that takes over from it. */
export class Succession {
  readonly #options: SuccessionOptions;
  readonly #upgrades: Upgrades;
  /** Fires when metrics and control have been left to the next process. */
  #left: Deferred<void> = succeed<void>(undefined);
  #isServing = false;
  #isStopping = false;
  #isReplaced = false;
  /** Set once they are open; undefined: there are no such sockets. */
  outside: Outside | undefined = undefined;

  constructor(options: SuccessionOptions) {
    this.#options = options;
    const { clock, observer, timeout } = options;
    const objection = () => this.#objection();
    this.#upgrades = new Upgrades({ clock, observer, timeout, objection, estate: this.#estate() });
  }

  /** Makes a new process take over. Fails with the reason if it does not. */
  upgrade(): Deferred<NewProcess> {
    return this.#upgrades.begin();
  }

  /** Whether another process is about to take over, or has: changes made here could be lost. */
  get isUpgrading(): boolean {
    return this.#upgrades.isUnderWay || this.#isReplaced;
  }

  /** Wraps `reload` so that it fails during an upgrade: the other process has read the files already. */
  unlessUpgrading<T>(reload: () => Deferred<T>): () => Deferred<T> {
    return () => {
      if (!this.isUpgrading) return reload();
      const reason = "an upgrade is under way";
      this.#options.observer.reloadFailed({ reason });
      return fail(new Error(reason));
    };
  }

  /** To be called when all services listen. Fires when only this process serves; fails if the predecessor vanished. */
  serve(): Deferred<void> {
    const { predecessor, observer } = this.#options;
    const alone = predecessor?.ready() ?? succeed<void>(undefined);
    return alone.addCallback(() => {
      for (const [, port] of this.#ports()) port.removesFile = true;
      if (predecessor) observer.tookOver({ pid: predecessor.pid });
      this.#isServing = true;
    });
  }

  /**
   * To be called when this process is told to stop: a process that is about to take over stops as well.
   *
   * @param by the cause of the stop; undefined: there is no time left
   */
  stop(by: string | undefined): void {
    if (by === undefined || this.#isStopping) {
      this.#upgrades.kill();
      this.#before?.hurry(this.#options.clock);
    } else this.#upgrades.end(`this process was told to stop by ${by}`);
    this.#isStopping = true;
  }

  /**
   * To be called when this process is about to end. Fires when there is nothing left to wait for: systemd kills all
   * processes of a service once its main process has ended, including a predecessor that still serves clients.
   */
  over(): Deferred<void> {
    const { clock, drainTimeout } = this.#options;
    const gone = this.#before?.gone(clock, drainTimeout()) ?? succeed<void>(undefined);
    return gatherResults([this.#left, this.#upgrades.over(), gone]).addCallback(() => {});
  }

  /** The process that this one has taken over from. */
  get #before(): Predecessor | undefined {
    return this.#isServing ? this.#options.predecessor : undefined;
  }

  /** Why there can be no upgrade now; undefined: there can. */
  #objection(): string | undefined {
    const { roster, isReloading, variables } = this.#options;
    if (roster.isEnding || this.#isStopping) return "this process is about to end";
    if (!this.#isServing) return "this process is not serving yet";
    return isReloading?.() ? "a reload is under way" : objectionToLeaving("NOTIFY_SOCKET" in variables);
  }

  /** Metrics and control stay open until the next process has them, without a gap. */
  #estate(): Estate {
    const { clock, observer, control, variables, ignoresHangup, stores, replaced } = this.#options;
    return {
      control,
      variables,
      ignoresHangup,
      sockets: () => this.#ports().map(([key, port]) => leftSocket(key, port)),
      release: () => stores?.suspend() ?? succeed<void>(undefined),
      restore: () => {
        for (const [, port] of this.#ports()) port.restore();
        const restored = [stores?.resume() ?? succeed(), this.outside?.restore() ?? succeed()];
        return gatherResults(restored)
          .addCallback(() => {})
          .addErrback((failure) => observer.startFailed(failure.value)); // The services continue nevertheless.
      },
      replaced: (by) => {
        this.#isReplaced = true;
        for (const [, port] of this.#ports()) port.removesFile = false;
        replaced(by);
        // In the next turn, so that the command is answered, and clients already in the queues are accepted.
        clock.nextTurn(() => this.#leave());
      },
    };
  }

  #leave(): void {
    const { clock, leave } = this.#options;
    const left = this.outside?.leave() ?? succeed<void>(undefined);
    this.#left = left.addTimeout(LEAVE_MS, clock).addErrback(() => {});
    leave();
  }

  #ports(): (readonly [key: string, port: Port])[] {
    const metrics = this.outside?.metricsPort;
    const watched = metrics ? [[metricsKey(metrics.wanted), metrics] as const] : [];
    return [...this.#options.roster.ports, ...watched];
  }
}

/** The key of the port for metrics among the sockets that are handed over. */
export function metricsKey(address: Address): string {
  return `metrics ${formatAddress(address)}`;
}

function leftSocket(key: string, port: Port): LeftSocket {
  return { key, reusePort: port.isReusable, ...port.inheritable };
}
