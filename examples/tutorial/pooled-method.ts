// From the comments: a decorator that pools the calls of a method. Calls with the same arguments wait for the one that
// is under way; each object has a pool of its own.
import { Deferred, singleFlight } from "poetry-deferred";

class Library {
  readonly requests: Deferred<string>[] = [];

  @singleFlight
  find(poet: string, title: string): Deferred<string> {
    console.log(`Looking for ${title} by ${poet}`);
    const request = new Deferred<string>();
    this.requests.push(request);
    return request;
  }
}

const library = new Library();
function read(reader: string, poet: string, title: string): Deferred<void> {
  return library.find(poet, title).addCallback((poem) => console.log(`  ${reader} got: ${poem}`));
}

read("Ann", "Donne", "Ecstasy");
read("Bob", "Donne", "Ecstasy");
read("Eve", "Poe", "Science");
library.requests[0]?.callback("Where, like a pillow on a bed");
library.requests[1]?.callback("Science! true daughter of Old Time thou art!");

// The call leaves the pool before its waiters are called, so a callback that asks again starts a new call.
read("Ann", "Yeats", "Fascination").addCallback(() => read("Ann again", "Yeats", "Fascination"));
library.requests[2]?.callback("The fascination of what's difficult");
library.requests[3]?.callback("Has dried the sap out of my veins");

// Two objects count as different arguments, even if they are equal; `key` says what to compare instead.
const lookUp = singleFlight((address: URL) => library.find("?", address.href), { key: ({ href }) => href });
lookUp(new URL("poem://donne/ecstasy"));
lookUp(new URL("poem://donne/ecstasy"));
