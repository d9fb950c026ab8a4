// A bug from the comments: all waiters get the same Deferred. It has one chain, so the second reader gets what the
// first reader's callback returned: here nothing, a blank poem.
import { Deferred } from "poetry-deferred";

function print(reader: string): (poem: string) => void {
  return (poem) => console.log(`  ${reader} got: ${poem}`);
}

console.log("The same Deferred for both:");
const shared = new Deferred<string>();
shared.addCallback(print("Ann"));
shared.addCallback(print("Bob"));
shared.callback("Tread softly");

console.log("A fork for each:");
const fetched = new Deferred<string>();
fetched.fork().addCallback(print("Ann"));
fetched.fork().addCallback(print("Bob"));
fetched.callback("Tread softly");
