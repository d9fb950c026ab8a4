import type { Answered, Asked } from "../../src/stores/sqlite/messages.ts";

/** In place of a store's Worker: keeps what it is asked, and answers when a test says so. */
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

  /** Answers the oldest question of this kind that has none yet. */
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

  /** What it has been asked and has not answered. */
  get open(): string[] {
    return this.asked.map(({ command }) => command.does);
  }

  /** The thread ends by itself. */
  die(message: string): void {
    this.dispatchEvent(new ErrorEvent("error", { message }));
    this.dispatchEvent(new Event("close"));
  }
}
