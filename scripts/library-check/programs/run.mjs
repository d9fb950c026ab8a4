import { AsyncLocalStorage } from "node:async_hooks";
import {
  captureContext,
  CancelledError,
  Deferred,
  DeferredLock,
  gatherResults,
  inlineCallbacks,
  race,
  setDebugging,
  setUnhandledErrorReporter,
  succeed,
} from "poetry-deferred";
import { failureOf, ManualClock, valueOf } from "poetry-deferred/testing";

const clock = new ManualClock();
const later = new Deferred();
const both = inlineCallbacks(function* () {
  const [text, more] = yield* gatherResults([later, succeed(1)]);
  return text.length + more;
})().addTimeout(1000, clock);
later.callback("ecstasy");
console.log("length", valueOf(both), "left with the clock", clock.pending);

const adopted = await succeed("poem").addCallback(async (text) => text.toUpperCase());
console.log("adopted", adopted);

const cancelled = new Deferred();
cancelled.cancel("no time");
console.log("cause", failureOf(cancelled, CancelledError).cause);

const [index, value] = valueOf(race([new Deferred(), succeed("first")]));
console.log("won by", index, value);

const lock = new DeferredLock();
console.log("in the lock", valueOf(lock.run(() => lock.locked)), "after it", lock.locked);
console.log("shown", String(succeed(1)));

const forever = new Deferred();
for (let n = 0; n < 100_000; n++) race([succeed(n), forever.fork()]);
console.log("left in the source", forever.describe());

captureContext(() => AsyncLocalStorage.snapshot());
const request = new AsyncLocalStorage();
const answered = new Deferred();
request.run("request 1", () => answered.addCallback(() => request.getStore()));
request.run("request 2", () => answered.callback());
console.log("context", valueOf(answered));

const told = [];
setUnhandledErrorReporter((failure, origin) =>
  told.push(failure.getErrorMessage(), origin.includes("First fired:")),
);
setDebugging(true);
const given = succeed("poem");
succeed(1).addCallback(() => given);
given.addCallback(() => {});
console.log("in debug mode", ...told);
