import { expect, test } from "bun:test";
import { Deferred, fail, succeed } from "../../src/deferred/mod.ts";
import { failureOf, unfired, valueOf } from "../../src/deferred/testing.ts";
import { leaveNothingUnhandled, noteIn } from "./outcome.ts";

leaveNothingUnhandled();

test("Deferred.pause() 3.1 keeps links from running, but not from being added, nor the Deferred from being fired", () => {
  const notes: unknown[] = [];
  const d = new Deferred<string>().addCallback(noteIn(notes, "before"));
  d.pause();
  d.callback("poem");
  d.addCallback(noteIn(notes, "after"));
  expect({ called: d.called, paused: d.paused, notes }).toEqual({ called: true, paused: 1, notes: [] });
  d.unpause();
  expect(notes).toEqual(["before: poem", "after: poem"]);
});

test("Deferred.pause() 3.1 holds back a failure as well", () => {
  const notes: unknown[] = [];
  const error = new Error("fail");
  const d = fail(error);
  d.pause();
  d.addErrback(noteIn(notes));
  expect(notes).toEqual([]);
  d.unpause();
  expect(notes).toEqual([error]);
  expect(failureOf(d)).toBe(error);
});

test("Deferred.unpause() 3.1 of an unfired Deferred runs nothing", () => {
  const d = new Deferred<string>();
  d.pause();
  const notes: unknown[] = [];
  d.addCallback(noteIn(notes));
  d.unpause();
  expect(notes).toEqual([]);
});

test("Deferred.pause() 3.1 in a callback stops the chain behind it", () => {
  const notes: unknown[] = [];
  const d = new Deferred<string>();
  d.addCallback((text) => {
    d.pause();
    return text;
  }).addCallback(noteIn(notes));
  d.callback("poem");
  expect(notes).toEqual([]);
  d.unpause();
  expect(notes).toEqual(["poem"]);
});

test("Deferred.unpause() 3.1 in a callback that paused continues after that callback", () => {
  const notes: unknown[] = [];
  const d = succeed("poem");
  d.addCallback((text) => {
    d.pause();
    d.addCallback(noteIn(notes));
    d.unpause();
    notes.push("callback returns");
    return text;
  });
  expect(notes).toEqual(["callback returns", "poem"]);
});

test("Deferred.unpause() 3.2 is needed as often as pause() was called", () => {
  const d = succeed("poem");
  d.pause();
  d.pause();
  expect(d.paused).toBe(2);
  d.unpause();
  unfired(d);
  d.unpause();
  expect(d.paused).toBe(0);
});

test("Deferred.unpause() 3.3 without pause() throws and does no harm", () => {
  const d = new Deferred<string>();
  expect(() => d.unpause()).toThrow("not paused");
  d.callback("poem");
  expect(valueOf(d)).toBe("poem");
});

test("Deferred.unpause() 3.4 cannot end the wait for another Deferred", () => {
  const notes: unknown[] = [];
  const inner = new Deferred<string>();
  const outer = succeed(1)
    .addCallback(() => inner)
    .addCallback(noteIn(notes));
  expect(outer.paused).toBe(1);
  expect(() => outer.unpause()).toThrow("not paused");
  outer.pause();
  expect(outer.paused).toBe(2);
  outer.unpause();
  expect(notes).toEqual([]);
  inner.callback("poem");
  expect({ notes, paused: outer.paused }).toEqual({ notes: ["poem"], paused: 0 });
});
