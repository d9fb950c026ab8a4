/**
 * The rules of Deferred (docs/deferred.md), implemented again as simply as possible: with recursion, and without types
 * or any concern for speed and memory. `property.test.ts` compares Deferred with it.
 */
export class OracleDeferred {
  called = false;
  pauses = 0;
  result: unknown = undefined;
  waitsFor: OracleDeferred | undefined = undefined;
  #running = false;
  #swallows = false;
  #queue: (Behaviour | { handTo: OracleDeferred; fires: boolean })[] = [];

  /** @throws {Error} the second time, unless a cancel has allowed that */
  fire(result: unknown): void {
    if (!this.called) this.#start(result);
    else if (this.#swallows) this.#swallows = false;
    else throw new Error("already called");
  }

  add(behaviour: Behaviour): void {
    this.#queue.push(behaviour);
    this.#run();
  }

  chain(other: OracleDeferred): void {
    this.#queue.push({ handTo: other, fires: true });
    this.#run();
  }

  unpause(): void {
    this.pauses--;
    this.#run();
  }

  cancel(): void {
    if (this.waitsFor) this.waitsFor.cancel();
    else if (!this.called) {
      this.#swallows = true;
      this.#start(new Bad("cancelled"));
    }
  }

  #start(result: unknown): void {
    this.called = true;
    this.result = result;
    this.#run();
  }

  #run(): void {
    if (!this.called || this.#running) return;
    this.#running = true;
    while (this.#queue.length > 0 && this.pauses === 0 && !this.waitsFor) this.#step(this.#queue.shift()!);
    this.#running = false;
  }

  #step(link: Behaviour | { handTo: OracleDeferred; fires: boolean }): void {
    if (typeof link === "object") return this.#handTo(link.handTo, link.fires);
    const returned = link(this.result);
    if (!(returned instanceof OracleDeferred)) this.result = returned;
    else if (returned.#leadsTo(this)) this.result = new Bad("cycle");
    else if (returned.#idle) this.result = returned.#give();
    else {
      this.waitsFor = returned;
      this.result = undefined;
      returned.#queue.push({ handTo: this, fires: false });
    }
  }

  #handTo(other: OracleDeferred, fires: boolean): void {
    if (fires && other.called && !other.#swallows) {
      this.result = new Bad("already called");
      return;
    }
    const result = this.#give();
    this.#running = this.#queue.length > 0; // With links left it continues after the other one; otherwise it is idle.
    if (fires) other.fire(result);
    else {
      other.waitsFor = undefined;
      other.result = result;
      other.#run();
    }
    this.#running = true;
  }

  get #idle(): boolean {
    return this.called && !this.#running && this.pauses === 0 && !this.waitsFor && this.#queue.length === 0;
  }

  #leadsTo(other: OracleDeferred): boolean {
    return this === other || (this.waitsFor !== undefined && this.waitsFor.#leadsTo(other));
  }

  #give(): unknown {
    const { result } = this;
    this.result = undefined;
    return result;
  }
}

/** A failure, in the oracle's world. */
export class Bad {
  constructor(readonly reason: string) {}
}

/** A link: takes the result, returns the next one. */
export type Behaviour = (result: unknown) => unknown;
