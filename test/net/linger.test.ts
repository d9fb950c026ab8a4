import { describe, expect, test } from "bun:test";
import { LingerQueue, type Lingering } from "../../src/net/linger.ts";
import { ManualClock } from "../support/manual-clock.ts";

class Recorder implements Lingering {
  readonly expired: string[];
  readonly #name: string;

  constructor(name: string, expired: string[]) {
    this.#name = name;
    this.expired = expired;
  }

  lingeredTooLong(): void {
    this.expired.push(this.#name);
  }
}

function stage() {
  const clock = new ManualClock();
  const queue = new LingerQueue(clock, 2000);
  const expired: string[] = [];
  return { clock, queue, expired, join: (name: string) => new Recorder(name, expired) };
}

describe("LingerQueue", () => {
  test("tells each of them at its own deadline", () => {
    const { clock, queue, expired, join } = stage();
    queue.add(join("early"));
    clock.advance(500);
    queue.add(join("late"));
    clock.advance(1500);
    expect(expired).toEqual(["early"]);
    clock.advance(499);
    expect(expired).toEqual(["early"]);
    clock.advance(1);
    expect(expired).toEqual(["early", "late"]);
  });

  test("has one timer for all, and none for nobody", () => {
    const { clock, queue, expired, join } = stage();
    const [first, second] = [join("first"), join("second")];
    queue.add(first);
    queue.add(second);
    expect(clock.pending).toBe(1);
    queue.delete(first);
    queue.delete(second);
    expect(clock.pending).toBe(0);
    clock.advance(10_000);
    expect(expired).toEqual([]);
  });

  test("forgets one who left in time, and goes on with the next", () => {
    const { clock, queue, expired, join } = stage();
    const first = join("first");
    queue.add(first);
    clock.advance(1000);
    queue.add(join("second"));
    queue.delete(first);
    clock.advance(1000);
    expect(expired).toEqual([]);
    clock.advance(1000);
    expect(expired).toEqual(["second"]);
  });
});
