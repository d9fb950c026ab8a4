import { expect, test } from "bun:test";
import { join } from "node:path";
import { Deferred, deferredList, fail, Failure, inlineCallbacks, succeed } from "../../src/deferred/mod.ts";
import { failureOf } from "../../src/deferred/testing.ts";
import { TempDir } from "../support/temp-dir.ts";
import { leaveNothingUnhandled } from "./outcome.ts";

leaveNothingUnhandled();

/** The same files, bundled: equivalent to a second version of the package in one dependency tree. */
const other = await secondCopy();

const TWO_COPIES = /another copy of poetry-deferred/;

async function secondCopy(): Promise<typeof import("../../src/deferred/mod.ts")> {
  const entry = join(import.meta.dirname, "../../src/deferred/mod.ts");
  const { outputs } = await Bun.build({ entrypoints: [entry], target: "bun" });
  await using dir = new TempDir();
  return (await import(await dir.write("copy.js", await outputs[0]!.text()))) as never;
}

test("Deferred reports a Deferred or Failure of another copy of the package that a link returns, instead of taking it for a value", () => {
  expect(other.Deferred).not.toBe(Deferred);
  for (const foreign of [other.succeed(1), new other.Failure("x")])
    expect(
      failureOf(
        succeed(1).addCallback(() => foreign as unknown),
        TypeError,
      ).message,
    ).toMatch(TWO_COPIES);
});

test("Deferred.callback(), errback(), succeed() and fail() throw for one of another copy of the package", () => {
  const foreign = new other.Failure("x");
  for (const use of [
    () => new Deferred().callback(foreign),
    () => new Deferred().errback(foreign),
    () => succeed(foreign),
    () => fail(foreign),
    () => succeed(other.succeed(1) as unknown),
  ])
    expect(use).toThrow(TWO_COPIES);
});

test("inlineCallbacks() throws at the yield of one of another copy of the package", () => {
  const d = inlineCallbacks(function* () {
    yield other.succeed(1);
  })();
  expect(failureOf(d, TypeError).message).toMatch(TWO_COPIES);
});

test("deferredList() rejects a member of another copy of the package, and a Promise that resolves to one", async () => {
  expect(() => deferredList([other.succeed(1) as unknown as Deferred])).toThrow(
    "not a Deferred (#0 in the list)",
  );
  const resolved = Deferred.fromPromise(Promise.resolve(new other.Failure("x") as unknown));
  expect(await resolved.addErrback((failure: Failure) => failure.getErrorMessage())).toMatch(TWO_COPIES);
});
