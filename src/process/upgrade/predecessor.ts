import pkg from "../../../package.json" with { type: "json" };
import { Deferred, fail, succeed } from "../../deferred/mod.ts";
import type { Clock } from "../../time/clock.ts";
import { Heritage } from "./heritage.ts";
import { kindOf, PROTOCOL, VARIABLE, type FromNew, type FromOld } from "./messages.ts";

/** How often to check whether the predecessor is still there, in milliseconds. */
const POLL_MS = 20;

/** Time limit for the predecessor to end after `hurry`, in milliseconds. */
const END_MS = 2_000;

type Left = FromOld & { readonly does: "leave" };

/** The process that this one takes over from, as this one sees it. */
export class Predecessor {
  readonly heritage: Heritage;
  readonly pid = process.ppid;
  /** The path of its control socket; undefined: it has none. */
  readonly control: string | undefined;
  readonly #channel: Channel;
  #until = Infinity;

  private constructor(channel: Channel, { sockets, control }: Left) {
    this.#channel = channel;
    this.heritage = new Heritage(sockets);
    this.control = control;
  }

  /**
   * Connects to the process that started this one to take over.
   *
   * @returns fires with undefined if this process was not started for an upgrade; fails with an Error if the two speak
   * different protocols
   */
  static meet(): Deferred<Predecessor | undefined> {
    const spoken = process.env[VARIABLE];
    delete process.env[VARIABLE]; // Our children must not inherit it.
    if (spoken === undefined) return succeed(undefined);
    if (process.send === undefined)
      return fail(new Error(`$${VARIABLE} is set, but no poetry started this process`));
    if (spoken !== PROTOCOL)
      return fail(
        new Error(
          `poetry ${pkg.version} cannot take over: it speaks version ${PROTOCOL} of the upgrade protocol, the other process version ${spoken}`,
        ),
      );
    const channel = new Channel();
    return channel
      .ask({ does: "hello", version: pkg.version }, "leave")
      .addCallback((left) => new Predecessor(channel, left));
  }

  /** Fires when it has ended, which its last clients may delay, or after `timeout` milliseconds. */
  gone(clock: Clock, timeout: number): Deferred<void> {
    this.#hasUntil(clock.now() + timeout);
    const over = new Deferred<void>();
    const look = () => {
      if (this.#isThere && clock.now() < this.#until) clock.callLater(POLL_MS, look);
      else over.callback();
    };
    look();
    return over;
  }

  /** Makes it reset its last clients and end. */
  hurry(clock: Clock): void {
    if (this.#isThere) process.kill(this.pid, "SIGABRT"); // SIGTERM might be its first signal, which only drains it.
    this.#hasUntil(clock.now() + END_MS);
  }

  #hasUntil(moment: number): void {
    this.#until = Math.min(this.#until, moment);
  }

  /** Whether it lives: then it is still our parent. */
  get #isThere(): boolean {
    return process.ppid === this.pid;
  }

  /** Makes it close the resources that only one process can have. Fails if it is gone. */
  release(): Deferred<void> {
    return this.#channel.ask({ does: "take" }, "given").addCallback(() => {});
  }

  /**
   * Tells it that this process accepts clients. Fires when it accepts no more itself; fails if it disappeared
   * unexpectedly.
   */
  ready(): Deferred<void> {
    return this.#channel.ask({ does: "ready" }, "yours").addCallback(() => process.disconnect?.());
  }
}

/** The IPC channel to the predecessor: one question at a time. */
class Channel {
  #waiting: { readonly kind: string; readonly answer: Deferred<FromOld> } | undefined = undefined;
  #isCut = false;

  constructor() {
    process.on("message", (message) => {
      if (kindOf(message) === this.#waiting?.kind) this.#take()?.callback(message as FromOld);
    });
    process.on("disconnect", () => {
      this.#isCut = true;
      this.#take()?.errback(gone());
    });
  }

  /** Sends a message, and fires with the answer of this kind; fails if the channel closes first. */
  ask<D extends FromOld["does"]>(question: FromNew, kind: D): Deferred<FromOld & { readonly does: D }> {
    if (this.#isCut) return fail(gone());
    const answer = new Deferred<FromOld>();
    this.#waiting = { kind, answer };
    process.send?.(question);
    return answer as Deferred<FromOld & { readonly does: D }>;
  }

  #take(): Deferred<FromOld> | undefined {
    const { answer } = this.#waiting ?? {};
    this.#waiting = undefined;
    return answer;
  }
}

function gone(): Error {
  return new Error("The process that this one was to take over from is gone");
}
