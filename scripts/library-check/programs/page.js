// What a page gets: no process, no setImmediate, no queueMicrotask.
import { CancelledError, Deferred, fail, later, succeed } from "poetry-deferred";

report("now", succeed("poem").addCallback((text) => text.length).result);
const waiting = new Deferred().addErrback(CancelledError, () => "cancelled");
waiting.cancel();
report("cancelled", waiting.result);
later(1).addCallback(() => {
  report("later", true);
  fail(new RangeError("lost"));
});
