// A Deferred has one result, which goes from callback to callback: the next reader gets what the one before it
// returned. fork() gives every reader a Deferred of its own with the same outcome, and cancelling one does not affect
// the others.
import { CancelledError, Deferred } from "poetry-deferred";

const shared = new Deferred<string>();
shared.addCallback((text) => console.log(`First reader: ${text}`));
shared.addCallback((text) => console.log(`Second reader: ${text}`));
shared.callback("poem");

const fetched = new Deferred<string>();
const [ann, bob, eve] = [fetched.fork(), fetched.fork(), fetched.fork()];
ann.addCallback((text) => console.log(`Ann: ${text}`));
bob.addCallback((text) => console.log(`Bob: ${text.toUpperCase()}`));
eve.addErrback((failure) => console.log(`Eve: ${failure.check(CancelledError)?.name}`));
eve.cancel();
fetched.callback("poem");
console.log(`Still there: ${String(fetched.result)}`);
