import { describeSystemError } from "../../net/errors.ts";
import { sendDatagram } from "../../net/libc.ts";
import { notifyByProgram } from "./notify-by-program.ts";

/** What is told, as variables of sd_notify(3). */
export type News = Readonly<Record<string, string | number>>;

/** Tells a service manager how things are. It does without an answer, and so do we: what cannot be told harms nothing. */
export class Notifier {
  readonly #socket: string;
  readonly #failed: (error: Error) => void;
  #hasFailed = false;
  /** What was told by a program before, which may not have ended. */
  #before: Promise<void> = Promise.resolve();

  /**
   * @param socket $NOTIFY_SOCKET: a path, or `@` and a name
   * @param failed is told, once, that something could not be told
   */
  constructor(socket: string, failed: (error: Error) => void) {
    this.#socket = socket;
    this.#failed = failed;
  }

  /** Resolves when everything has been told that was to be told so far. */
  get done(): Promise<void> {
    return this.#before;
  }

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

  /** Where libc cannot be called. One after the other, so that the last to arrive is what was told last. */
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

/** Each variable has a line of its own. */
function oneLine(value: string | number): string {
  const text = String(value).replace(/\s+/g, " ").trim();
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`;
}

const LONGEST = 500;
