import ms from "ms";
import { Deferred, succeed } from "../../deferred/mod.ts";
import { describeSystemError } from "../../net/errors.ts";
import type { Clock, DelayedCall } from "../../time/clock.ts";
import { kindOf, PROTOCOL, VARIABLE, type FromNew, type FromOld, type LeftSocket } from "./messages.ts";

/** What a process hands over to the one that takes over. */
export interface Estate {
  /** Its open ports. */
  readonly sockets: () => readonly LeftSocket[];
  /** The path of its control socket; undefined: it has none. */
  readonly control: string | undefined;
  /** Additional variables for the environment of the other process. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Whether SIGHUP must be ignored, as with nohup; Bun's children do not inherit that. */
  readonly ignoresHangup: () => boolean;
  /** Closes the resources that only one process can have. Never fails. */
  release(): Deferred<void>;
  /** Opens them again, because the other process did not take over. Never fails. */
  restore(): Deferred<void>;
  /** Called when the other process serves, before it learns that it is alone. */
  replaced(by: NewProcess): void;
}

/** The process that has taken over. */
export interface NewProcess {
  readonly pid: number;
  readonly version: string;
}

/** What an attempt needs, besides the command. */
export interface AttemptOptions {
  readonly clock: Clock;
  readonly estate: Estate;
  /** Time limit until the other process serves, in milliseconds. */
  readonly timeout: number;
}

/** How long a process may take to end by itself before it is killed, and then to be gone, in milliseconds. */
const END_MS = 2_000;

/** Milliseconds between two looks whether all that it started have gone. */
const LOOK_MS = 10;

/** The first descriptor that a child can be given. */
const FIRST_FD = 3;

/** A shell that ignores SIGHUP and replaces itself by the command that follows. */
const IGNORING_HANGUP = ["/bin/sh", "-c", 'trap "" HUP; exec "$0" "$@"'];

/**
 * One attempt at an upgrade: starts a process, hands over what it asks for, and ends it if it does not serve in time.
 */
export class Attempt {
  /** Fires when the new process has taken over. Fails with an Error once it has ended and everything is as before. */
  readonly outcome = new Deferred<NewProcess>();
  readonly #options: AttemptOptions;
  readonly #child: Bun.Subprocess;
  readonly #sockets: readonly LeftSocket[];
  #version = "";
  #timer: DelayedCall;
  #state: "trying" | "ending" | "over" = "trying";
  /** Why the attempt was given up, if it was. */
  #reason = "";
  #released: Deferred<void> | undefined = undefined;

  /** @throws {Error} if the process cannot be started */
  constructor([path, ...words]: readonly [path: string, ...words: string[]], options: AttemptOptions) {
    const { clock, estate, timeout } = options;
    this.#options = options;
    this.#sockets = estate.sockets();
    try {
      const command = [path, ...words];
      this.#child = Bun.spawn(estate.ignoresHangup() ? [...IGNORING_HANGUP, ...command] : command, {
        env: { ...process.env, ...estate.variables, [VARIABLE]: PROTOCOL },
        stdio: ["inherit", "inherit", "inherit", ...this.#sockets.map(({ fd }) => fd)],
        ipc: (message) => this.#heard(message as FromNew),
        serialization: "json",
        detached: true, // Leader of a process group, so that what it starts can be ended with it.
        onExit: () => this.#ended(),
      });
    } catch (error) {
      throw new Error(`${path} cannot be started: ${describeSystemError(error)}`, { cause: error });
    }
    this.#timer = clock.callLater(timeout, () => this.end(`it did not start serving within ${ms(timeout)}`));
  }

  /** Gives up: asks the new process to end, and kills it if that takes too long. */
  end(reason: string): void {
    if (this.#state !== "trying") return;
    this.#state = "ending";
    this.#reason = reason;
    this.#signal("SIGTERM");
    this.#timer.cancel();
    this.#timer = this.#options.clock.callLater(END_MS, () => this.#signal("SIGKILL"));
  }

  /** Kills the new process at once, without restoring anything, because this process is ending, too. */
  kill(): void {
    if (this.#state === "over") return;
    this.#finish();
    this.#signal("SIGKILL");
    this.outcome.errback(new Error("this process is about to end"));
  }

  #heard(message: FromNew): void {
    if (this.#state !== "trying") return;
    const kind = kindOf(message);
    if (kind === "hello") this.#greet((message as Hello).version);
    else if (kind === "take") this.#release();
    else if (kind === "ready") this.#succeed();
  }

  #greet(version: string): void {
    this.#version = version;
    const sockets = this.#sockets.map((socket, index) => ({ ...socket, fd: FIRST_FD + index }));
    this.#say({ does: "leave", sockets, control: this.#options.estate.control });
  }

  #release(): void {
    this.#released ??= this.#options.estate.release();
    this.#released.fork().addCallback(() => {
      if (this.#state === "trying") this.#say({ does: "given" });
    });
  }

  #succeed(): void {
    this.#finish();
    const by = { pid: this.#child.pid, version: this.#version };
    this.#options.estate.replaced(by); // First, because the new process announces itself once it knows that it is alone.
    this.#say({ does: "yours" });
    this.#child.unref();
    this.outcome.callback(by);
  }

  #ended(): void {
    if (this.#state === "over") return;
    const { exitCode, signalCode } = this.#child;
    const how = signalCode === null ? `with exit code ${exitCode}` : `by ${signalCode}`;
    this.end(`the new process ended ${how}`); // For what it has started, and left.
    this.#awaitOthers(this.#options.clock.now() + 2 * END_MS);
  }

  /** @param until some may never be gone: those that ended, and nobody asks for their exit codes */
  #awaitOthers(until: number): void {
    const { clock } = this.#options;
    if (this.#state === "over") return;
    if (this.#signal(0) && clock.now() < until) clock.callLater(LOOK_MS, () => this.#awaitOthers(until));
    else this.#giveBack();
  }

  #giveBack(): void {
    this.#finish();
    (this.#released ?? succeed<void>(undefined))
      .addCallback(() => this.#options.estate.restore())
      .addCallback(() => this.outcome.errback(new Error(this.#reason)));
  }

  /** Signals all processes of the group: the new one may be a script that started others. Returns whether there are any. */
  #signal(signal: "SIGTERM" | "SIGKILL" | 0): boolean {
    try {
      return process.kill(-this.#child.pid, signal);
    } catch {
      return false;
    }
  }

  #finish(): void {
    this.#state = "over";
    this.#timer.cancel();
  }

  /** Sends a message, unless the process has just ended: then `#ended` follows. */
  #say(message: FromOld): void {
    const { exitCode, signalCode } = this.#child;
    if (exitCode === null && signalCode === null) this.#child.send(message);
  }
}

type Hello = FromNew & { readonly does: "hello" };
