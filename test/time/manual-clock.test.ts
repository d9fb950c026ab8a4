import { expect, test } from "bun:test";
import { ManualClock } from "../../src/time/manual-clock.ts";

/** What ran at which moment. */
function stage() {
  const clock = new ManualClock();
  const ran: string[] = [];
  const at = (ms: number, then = () => {}) =>
    clock.callLater(ms, () => {
      ran.push(`${ms} at ${clock.now()}`);
      then();
    });
  return { clock, ran, at };
}

test("ManualClock.advance() runs calls that become due, each at its own moment", () => {
  const { clock, ran, at } = stage();
  at(200);
  at(100, () => at(50));
  at(301);
  clock.advance(300);
  expect(ran).toEqual(["100 at 100", "50 at 150", "200 at 200"]);
  expect(clock.now()).toBe(300);
});

test("ManualClock.stall() runs calls that became due in the same order, but all at the end", () => {
  const { clock, ran, at } = stage();
  at(200);
  at(100, () => at(50));
  at(301);
  clock.stall(300);
  expect(ran).toEqual(["100 at 300", "200 at 300"]);
  clock.advance(50);
  expect(ran).toEqual(["100 at 300", "200 at 300", "301 at 301", "50 at 350"]);
});
