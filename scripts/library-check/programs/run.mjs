import {
  CancelledError,
  Deferred,
  DeferredLock,
  gatherResults,
  inlineCallbacks,
  race,
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
