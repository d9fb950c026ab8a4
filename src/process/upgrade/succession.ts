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

export interface SuccessionOptions {
  readonly clock: Clock;
  readonly observer: Observer<ProcessEvents>;
  /** The services, with their ports by key: equal keys mean the same place. */
  readonly roster: { readonly ports: ReadonlyMap<string, Port>; readonly isEnding: boolean };
  readonly isReloading?: (() => boolean) | undefined;
  /** Resources that only one process can have open. */
  readonly stores: { suspend(): Deferred<void>; resume(): Deferred<void> } | undefined;
  /** Where orders are taken. */
  readonly control: string | undefined;
  /** The process that this one takes over from; undefined: none. */
  readonly predecessor: Predecessor | undefined;
  /** Additional variables for the environment of the next process. */
  readonly variables: Estate["variables"];
  readonly ignoresHangup: Estate["ignoresHangup"];
  /** Time limit for the next process to serve, in milliseconds. */
  readonly timeout: () => number;
  /** Time limit for the last clients, in milliseconds. */
  readonly drainTimeout: () => number;
  /** The next process serves, and is about to be told that it is alone. */
  readonly replaced: (by: NewProcess) => void;
  /** Makes this process accept no more clients. */
  readonly leave: () => void;
}

/** The metrics and control sockets of this process. */
export interface Outside {
  /** Where metrics are served; undefined: nowhere. */
  readonly metricsPort: Port | undefined;
  /** Takes orders again, after an upgrade has failed. */
  restore(): Deferred<void>;
  /** Leaves that to another process. Fires when present clients have their answers. */
  leave(): Deferred<void>;
}

/** How long clients of metrics and control may take to get their last answers, in milliseconds. */
const LEAVE_MS = 1_000;

/** The predecessor and the successor of this process. */
export class Succession {
  readonly #options: SuccessionOptions;
  readonly #upgrades: Upgrades;
  #left: Deferred<void> = succeed<void>(undefined);
  #isServing = false;
  #isStopping = false;
  #isReplaced = false;
  /** Undefined: there are no such sockets. */
  outside: Outside | undefined = undefined;

  constructor(options: SuccessionOptions) {
    this.#options = options;
    const { clock, observer, timeout } = options;
    const objection = () => this.#objection();
    this.#upgrades = new Upgrades({ clock, observer, timeout, objection, estate: this.#estate() });
  }

  /** Makes a new process take over. Fails with the reason if it has not. */
  upgrade(): Deferred<NewProcess> {
    return this.#upgrades.begin();
  }

  /** Whether another process is about to take over, or has, so that orders given here could be lost. */
  get isUpgrading(): boolean {
    return this.#upgrades.isUnderWay || this.#isReplaced;
  }

  /** As `reload`, but fails while another process is about to take over, because that one has read the files already. */
  unlessUpgrading<T>(reload: () => Deferred<T>): () => Deferred<T> {
    return () => {
      if (!this.isUpgrading) return reload();
      const reason = "an upgrade is under way";
      this.#options.observer.reloadFailed({ reason });
      return fail(new Error(reason));
    };
  }

  /** The services are running. Fires when only this process runs them; fails if the predecessor disappeared unexpectedly. */
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
   * This process has been told to stop, so a process about to take over stops as well.
   *
   * @param by the cause of the stop; undefined if there is no time
   */
  stop(by: string | undefined): void {
    if (by === undefined || this.#isStopping) {
      this.#upgrades.kill();
      this.#before?.hurry(this.#options.clock);
    } else this.#upgrades.end(`this process was told to stop by ${by}`);
    this.#isStopping = true;
  }

  /**
   * The process is about to end. Fires when there is nothing left to wait for: when the main process of a service ends, its
   * manager kills all others, including a predecessor that still serves clients.
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

  #objection(): string | undefined {
    const { roster, isReloading, variables } = this.#options;
    if (roster.isEnding || this.#isStopping) return "this process is about to end";
    if (!this.#isServing) return "this process does not serve yet";
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
        // First, the order is answered, and clients already in the queues are accepted.
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

/** The key of the metrics' port among those that are handed over. */
export function metricsKey(address: Address): string {
  return `metrics ${formatAddress(address)}`;
}

function leftSocket(key: string, port: Port): LeftSocket {
  return { key, reusePort: port.isReusable, ...port.inheritable };
}
