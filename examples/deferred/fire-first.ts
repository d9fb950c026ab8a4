// A Deferred may fire before it has callbacks: it keeps its result, and a callback that is added later runs at once,
// before addCallback() returns. So callers need not care whether the answer was already there.
import { Deferred } from "poetry-deferred";

const poem = new Deferred<string>();
poem.callback("I wandered lonely as a cloud");
console.log("Fired; nobody listens yet.");
poem.addCallback((text) => console.log(`Got: ${text}`));
console.log("addCallback() has returned.");

const missing = new Deferred<string>();
missing.errback(new Error("There is no such poem"));
missing.addErrback((failure) => console.log(`Failed: ${failure.getErrorMessage()}`));
console.log("addErrback() has returned.");
