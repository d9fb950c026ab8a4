import { afterEach, beforeEach, expect, test } from "bun:test";
import { Deferred, setDebugging, setUnhandledErrorReporter, succeed } from "../../src/deferred/mod.ts";
import { leaveNothingUnhandled } from "./outcome.ts";

leaveNothingUnhandled();

let reported: string[];

beforeEach(() => {
  reported = [];
  setUnhandledErrorReporter((failure) => void reported.push(failure.getErrorMessage()));
});

afterEach(() => {
  setUnhandledErrorReporter();
  setDebugging(false);
});

function maker(): Deferred<number> {
  return new Deferred<number>();
}

function firstFirer(d: Deferred<number>): void {
  d.callback(1);
}

function secondFirer(d: Deferred<number>): Error {
  try {
    d.callback(2);
  } catch (error) {
    return error as Error;
  }
  throw new Error("It could be fired twice");
}

test("setDebugging() 8 makes AlreadyCalledError show where it was made and first fired", () => {
  setDebugging(true);
  const d = maker();
  firstFirer(d);
  const { message } = secondFirer(d);
  expect(message).toMatch(
    /^Cannot fire <Deferred idle, 0 links run, result 1> again\nCreated:.*maker.*First fired:.*firstFirer/s,
  );
  expect(message).not.toContain("secondFirer");
  expect(message).not.toContain("Error:");
});

test("AlreadyCalledError 9 has a message without debug mode, too", () => {
  const d = succeed("poem");
  expect(() => d.callback("again")).toThrow('Cannot fire <Deferred idle, 0 links run, result "poem"> again');
});

test("setDebugging() 8 may be switched while Deferreds are alive", () => {
  const before = new Deferred<number>();
  before.addBoth(() => {});
  setDebugging(true);
  before.callback(1);
  const during = new Deferred<number>();
  setDebugging(false);
  during.callback(1);
  setDebugging(true);
  during.addBoth(() => {});
  expect(() => during.callback(2)).toThrow("Created:");
  expect(() => before.callback(2)).toThrow("First fired:");
});

test("setDebugging() 2.6 reports the second Deferred that takes the same result", () => {
  setDebugging(true);
  const inner = succeed("poem");
  succeed(1).addCallback(() => inner);
  expect(reported).toEqual([]);
  succeed(2).addCallback(() => inner);
  expect(reported).toEqual([expect.stringContaining("this callback gets undefined")]);
});

test("setDebugging() 9 reports a link added to a Deferred whose result has gone to another", () => {
  setDebugging(true);
  const inner = succeed("poem");
  succeed(1).addCallback(() => inner);
  inner.addCallback(() => {});
  expect(reported).toEqual([expect.stringContaining("this link gets undefined")]);
});

test("setDebugging() 9 reports links added after the result has gone, until there is one again", () => {
  setDebugging(true);
  const inner = succeed("poem");
  succeed(1).addCallback(() => inner);
  inner.addCallback(() => "another poem");
  inner.addCallback((poem) => poem);
  expect(reported).toHaveLength(1);
});

test("setDebugging() 9 reports once what is added after the result has gone, even if it fails", () => {
  setDebugging(true);
  const inner = succeed("poem");
  succeed(1).addCallback(() => inner);
  inner.addCallback(() => {
    throw new Error("later");
  });
  inner.addErrback(() => {});
  expect(reported).toHaveLength(1);
});

test("setDebugging() 9 reports a fork of a Deferred whose result has gone", () => {
  setDebugging(true);
  const inner = succeed("poem");
  succeed(1).addCallback(() => inner);
  inner.fork();
  expect(reported).toHaveLength(1);
});

test("debug mode does not report the undefined that a Deferred waited for after it had handed its result over", () => {
  setDebugging(true);
  const [first, second, other] = [new Deferred<number>(), new Deferred<void>(), new Deferred<number>()];
  first.chainDeferred(other);
  first.addCallback(() => second);
  first.callback(1);
  second.callback();
  first.addCallback(() => 2);
  expect(reported).toEqual([]);
});
