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
  /** The services: their ports, by what makes a place the same. */
  readonly roster: { readonly ports: ReadonlyMap<string, Port>; readonly isEnding: boolean };
  readonly isReloading?: (() => boolean) | undefined;
  /** What only one process can have open. */
  readonly stores: { suspend(): Deferred<void>; resume(): Deferred<void> } | undefined;
  /** Where orders are taken. */
  readonly control: string | undefined;
  /** Whom this process takes over from; undefined: nobody. */
  readonly predecessor: Predecessor | undefined;
  /** What the next process has to find in its environment besides. */
  readonly variables: Estate["variables"];
  readonly ignoresHangup: Estate["ignoresHangup"];
  /** Milliseconds until the next process has to serve. */
  readonly timeout: () => number;
  /** The next process serves, and is about to hear that it is alone. */
  readonly replaced: (by: NewProcess) => void;
  /** This process is to let nobody in any more. */
  readonly leave: () => void;
}

/** Those outside who look at this process and control it. */
export interface Outside {
  /** Where metrics are served; undefined: nowhere. */
  readonly metricsPort: Port | undefined;
  /** Takes orders again where another process was about to. */
  restore(): Deferred<void>;
  /** Leaves that to another process. Fires when those who are there have their answers. */
  leave(): Deferred<void>;
}

/** How long those who look at this process may take to get their answers in the end, in milliseconds. */
const LEAVE_MS = 1_000;

/** Which process comes before this one, and which after it. */
export class Succession {
  readonly #options: SuccessionOptions;
  readonly #upgrades: Upgrades;
  #left: Deferred<void> = succeed<void>(undefined);
  #isServing = false;
  #isStopping = false;
  #isReplaced = false;
  /** Undefined: nobody looks at this process. */
  outside: Outside | undefined = undefined;

  constructor(options: SuccessionOptions) {
    this.#options = options;
    const { clock, observer, timeout } = options;
    const objection = () => this.#objection();
    this.#upgrades = new Upgrades({ clock, observer, timeout, objection, estate: this.#estate() });
  }

  /** Has another process take over. Fails with the reason why it has not. */
  upgrade(): Deferred<NewProcess> {
    return this.#upgrades.begin();
  }

  /** Whether another process is about to take over, or has: what is ordered here could get lost. */
  get isUpgrading(): boolean {
    return this.#upgrades.isUnderWay || this.#isReplaced;
  }

  /** The same, but it fails while another process is about to take over: that one has read the files already. */
  unlessUpgrading<T>(reload: () => Deferred<T>): () => Deferred<T> {
    return () => {
      if (!this.isUpgrading) return reload();
      const reason = "an upgrade is under way";
      this.#options.observer.reloadFailed({ reason });
      return fail(new Error(reason));
    };
  }

  /** Services have begun. Fires when they are this process's alone; fails if the one before has gone without a word. */
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
   * This process has been told to stop: another one that is to take over stops as well.
   *
   * @param by what told it; undefined: there is no time
   */
  stop(by: string | undefined): void {
    if (by === undefined || this.#isStopping) {
      this.#upgrades.kill();
      this.#before?.hurry();
    } else this.#upgrades.end(`this process was told to stop by ${by}`);
    this.#isStopping = true;
  }

  /**
   * The process is about to end. Fires when there is nobody left to wait for: a service manager kills whatever is left of a
   * service when its main process ends, also a predecessor that has not served its last clients.
   */
  over(): Deferred<void> {
    const gone = this.#before?.gone(this.#options.clock) ?? succeed<void>(undefined);
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

  /** Metrics and orders stay open until the next process has them: there is no moment without. */
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
          .addErrback((failure) => observer.startFailed(failure.value)); // The services go on all the same.
      },
      replaced: (by) => {
        this.#isReplaced = true;
        for (const [, port] of this.#ports()) port.removesFile = false;
        replaced(by);
        // First whoever ordered it gets an answer, and whoever has come to a place that is nobody else's is let in.
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

/** How the metrics' port is called among those that are handed over. */
export function metricsKey(address: Address): string {
  return `metrics ${formatAddress(address)}`;
}

function leftSocket(key: string, port: Port): LeftSocket {
  return { key, reusePort: port.isReusable, ...port.inheritable };
}
