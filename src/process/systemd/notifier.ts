import { describeSystemError } from "../../net/errors.ts";
import { sendDatagram } from "../../net/libc.ts";
import { notifyByProgram } from "./notify-by-program.ts";

/** A notification: variables of sd_notify(3), such as READY=1. */
export type News = Readonly<Record<string, string | number>>;

/** Sends notifications to a service manager. There is no reply, and a failure does not affect the service. */
export class Notifier {
  readonly #socket: string;
  readonly #failed: (error: Error) => void;
  #hasFailed = false;
  /** Settles after the last notification that was sent by a program. */
  #before: Promise<void> = Promise.resolve();

  /**
   * @param socket $NOTIFY_SOCKET: a path, or `@` and a name
   * @param failed called once, if a notification fails
   */
  constructor(socket: string, failed: (error: Error) => void) {
    this.#socket = socket;
    this.#failed = failed;
  }

  /** Resolves when all notifications so far have been sent. */
  get done(): Promise<void> {
    return this.#before;
  }

  /** Sends a notification. Never fails: see `failed`. */
  tell(news: News): void {
    const lines = Object.entries(news).map(([name, value]) => `${name}=${oneLine(value)}`);
    if (!/^[/@]/.test(this.#socket)) {
      this.#fail("it is neither a path nor @ and a name");
      return;
    }
    const sent = sendDatagram({ path: this.#socket }, Buffer.from(lines.join("\n")));
    if (sent === undefined) this.#tellByProgram(lines);
    else if (sent !== "sent") this.#fail(describeSystemError(sent));
  }

  /** Without libc: by a program, one after the other, so that notifications arrive in order. */
  #tellByProgram(lines: readonly string[]): void {
    this.#before = this.#before
      .then(() => notifyByProgram(this.#socket, lines))
      .catch((error: unknown) => this.#fail((error as Error).message));
  }

  #fail(why: string): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#failed(new Error(`Cannot tell the service manager at ${this.#socket}: ${why}`));
  }
}

/** The value on one line, cut at LONGEST characters: a newline would begin another variable. */
function oneLine(value: string | number): string {
  const text = String(value).replace(/\s+/g, " ").trim();
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`;
}

/** The longest value, in characters. */
const LONGEST = 500;
