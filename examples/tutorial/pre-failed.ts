// Exercise 1: a Deferred that has failed before it has callbacks. The error waits for an errback; callbacks that are
// added before that are skipped, and the chain continues with what the errback returns.
import { Deferred, fail } from "poetry-deferred";

const poem = new Deferred<string>();
poem.errback(new Error("the server is down"));
console.log("Failed. Nobody listens yet.");

poem.addCallback((text) => console.log(`  never printed: ${text}`));
console.log("A callback has been added, and passed by.");
poem.addErrback((failure) => {
  console.log(`  the errback got: ${failure.getErrorMessage()}`);
  return "a poem by heart";
});
console.log("An errback has been added.");
poem.addCallback((text) => console.log(`  the next callback got: ${text}`));

// fail() makes such a Deferred in one step, as succeed() does for values.
fail(new Error("there is no such poem")).addErrback((failure) => console.log(failure.getErrorMessage()));
