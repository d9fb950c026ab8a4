import ms from "ms";
import { Deferred, succeed } from "../../deferred/mod.ts";
import { describeSystemError } from "../../net/errors.ts";
import type { Clock, DelayedCall } from "../../time/clock.ts";
import { deedOf, PROTOCOL, VARIABLE, type FromNew, type FromOld, type LeftSocket } from "./messages.ts";

/** What a process has that another one is to take over. */
export interface Estate {
  /** Its open ports, and where it takes orders. */
  readonly sockets: () => readonly LeftSocket[];
  readonly control: string | undefined;
  /** Variables that the other one needs besides those of the environment. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Whether SIGHUP is to be ignored, as by nohup: Bun's children begin without that. */
  readonly ignoresHangup: () => boolean;
  /** Closes what only one process can have. Fires in any case. */
  release(): Deferred<void>;
  /** Has it again, because the other one did not take over. Fires in any case. */
  restore(): Deferred<void>;
  /** The other one serves; it has not been told yet that it is alone. */
  replaced(by: NewProcess): void;
}

/** The process that has taken over. */
export interface NewProcess {
  readonly pid: number;
  readonly version: string;
}

export interface AttemptOptions {
  readonly clock: Clock;
  readonly estate: Estate;
  /** Milliseconds until the other one has to serve. */
  readonly timeout: number;
}

/** How long a process that is to end has to do so by itself, in milliseconds. */
const END_MS = 2_000;

/** The first descriptor that a child can be given. */
const FIRST_FD = 3;

/** Becomes the command that follows. */
const IGNORING_HANGUP = ["/bin/sh", "-c", 'trap "" HUP; exec "$0" "$@"'];

/** One process that is to take over: started, given what it asks for, and ended if it does not get there. */
export class Attempt {
  /** Fires when it has taken over; if it has not, fails with an Error once it has ended and all is as it was. */
  readonly outcome = new Deferred<NewProcess>();
  readonly #options: AttemptOptions;
  readonly #child: Bun.Subprocess;
  readonly #sockets: readonly LeftSocket[];
  #version = "";
  #timer: DelayedCall;
  #state: "trying" | "ending" | "over" = "trying";
  /** Why it is not to take over any more. */
  #reason = "";
  #released: Deferred<void> | undefined = undefined;

  /** @throws {Error} if it cannot be started */
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
        onExit: () => this.#ended(),
      });
    } catch (error) {
      throw new Error(`${path} cannot be started: ${describeSystemError(error)}`, { cause: error });
    }
    this.#timer = clock.callLater(timeout, () => this.end(`it did not serve within ${ms(timeout)}`));
  }

  /** It is not to take over: asks it to end, and makes it end if that takes too long. */
  end(reason: string): void {
    if (this.#state !== "trying") return;
    this.#state = "ending";
    this.#reason = reason;
    this.#child.kill("SIGTERM");
    this.#timer.cancel();
    this.#timer = this.#options.clock.callLater(END_MS, () => this.#child.kill("SIGKILL"));
  }

  /** Ends it at once, and leaves everything as it is: this process does not wait for anything any more. */
  kill(): void {
    if (this.#state === "over") return;
    this.#finish();
    this.#child.kill("SIGKILL");
    this.outcome.errback(new Error("this process is about to end"));
  }

  #heard(message: FromNew): void {
    if (this.#state !== "trying") return;
    const deed = deedOf(message);
    if (deed === "hello") this.#greet((message as Hello).version);
    else if (deed === "take") this.#release();
    else if (deed === "ready") this.#succeed();
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
    this.#options.estate.replaced(by); // First: it tells the world that it serves once it has heard that it is alone.
    this.#say({ does: "yours" });
    this.#child.unref();
    this.outcome.callback(by);
  }

  #ended(): void {
    if (this.#state === "over") return;
    const { exitCode, signalCode } = this.#child;
    const how = signalCode === null ? `with exit code ${exitCode}` : `by ${signalCode}`;
    const reason = this.#state === "ending" ? this.#reason : `the new process ended ${how}`;
    this.#finish();
    (this.#released ?? succeed<void>(undefined))
      .addCallback(() => this.#options.estate.restore())
      .addCallback(() => this.outcome.errback(new Error(reason)));
  }

  #finish(): void {
    this.#state = "over";
    this.#timer.cancel();
  }

  /** It may have ended a moment ago: then `#ended` follows. */
  #say(message: FromOld): void {
    const { exitCode, signalCode } = this.#child;
    if (exitCode === null && signalCode === null) this.#child.send(message);
  }
}

type Hello = FromNew & { readonly does: "hello" };
