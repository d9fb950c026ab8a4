import type { Answered, Asked } from "../../src/stores/sqlite/messages.ts";

/** In place of a store's Worker: records commands, and replies when a test says so. */
export class SlowWorker extends EventTarget {
  readonly asked: Asked[] = [];
  isTerminated = false;

  postMessage(asked: Asked): void {
    if (asked.command.does === "figures")
      this.#say(asked, { result: { entries: 0, bytes: 0 } }); // Of no interest here.
    else this.asked.push(asked);
  }

  terminate(): void {
    this.isTerminated = true;
  }

  /** Replies to the oldest pending command of this kind. */
  answer(
    does: Asked["command"]["does"],
    outcome: { result: unknown } | { error: { message: string; code: string } },
  ) {
    const index = this.asked.findIndex(({ command }) => command.does === does);
    const [asked] = this.asked.splice(index, 1);
    if (index < 0 || !asked) throw new Error(`Nobody asked for ${does}`);
    this.#say(asked, outcome);
  }

  #say({ id }: Asked, outcome: object): void {
    this.dispatchEvent(new MessageEvent("message", { data: { id, ...outcome } as Answered }));
  }

  /** The pending commands. */
  get open(): string[] {
    return this.asked.map(({ command }) => command.does);
  }

  /** Ends the thread unexpectedly. */
  die(message: string): void {
    this.dispatchEvent(new ErrorEvent("error", { message }));
    this.dispatchEvent(new Event("close"));
  }
}
