import { expect, test } from "bun:test";
import { Deferred, fail, succeed } from "../../src/deferred/mod.ts";
import { leaveNothingUnhandled } from "./outcome.ts";

leaveNothingUnhandled();

function named(): void {}

test("Deferred.describe() 9 shows its state, its result and what it waits for", () => {
  const inner = new Deferred<string>();
  inner.addCallback(() => 1);
  const outer = succeed(1).addCallback(() => inner);
  outer.addCallback(() => 2);
  outer.pause();
  expect(outer.describe()).toBe(
    "<Deferred waiting, 1 link run, 1 to go, paused 1> waiting for <Deferred unfired, 0 links run, 2 to go>",
  );
  outer.unpause();
  inner.callback("poem");
  expect(outer.toString()).toBe("<Deferred idle, 2 links run, result 2>");
});

test("Deferred.describe() 9 shows what it is chained to before it has fired", () => {
  const [a, b] = [new Deferred<string>(), new Deferred<string>()];
  b.chainDeferred(a);
  expect(a.describe()).toContain("waiting for <Deferred unfired");
  b.callback("poem");
  expect(a.describe()).toBe('<Deferred idle, 0 links run, result "poem">');
});

test("Deferred.describe() 9 shows any result without running its code", () => {
  const shown = [null, { toString: () => "ran" }, [1], Symbol("s"), 1n, named, "x".repeat(50)].map((each) =>
    succeed<unknown>(each)
      .describe()
      .replace(/.*result /, ""),
  );
  expect(shown).toEqual([
    "null>",
    "[object Object]>",
    "[object Array]>",
    "Symbol(s)>",
    "1>",
    "function named>",
    `"${"x".repeat(40)}…">`,
  ]);
  const failed = fail(new RangeError("too far"));
  expect(failed.describe()).toContain("result [Failure RangeError: too far]");
  failed.addErrback(() => {});
});
