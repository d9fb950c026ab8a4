// Exercise 3: one request for all clients that come while it is under way. So there are three states: no poem, asking,
// poem.
import { Deferred, succeed } from "poetry-deferred";

const requests: Deferred<string>[] = []; // Fired by hand below, in place of a server.
let cached: string | undefined;
let waiters: Deferred<string>[] | undefined; // Only while a request is under way.

function getPoem(): Deferred<string> {
  if (cached !== undefined) return succeed(cached);
  const waiter = new Deferred<string>(); // One per reader, so that they do not affect each other.
  if (waiters) waiters.push(waiter);
  else startRequest((waiters = [waiter]));
  return waiter;
}

function startRequest(waiting: readonly Deferred<string>[]): void {
  const request = new Deferred<string>();
  console.log(`Request ${requests.push(request)}`);
  request
    .addCallback((poem) => (cached = poem))
    .addBoth((outcome) => {
      waiters = undefined; // First: after a failure, a reader may ask again at once.
      for (const waiter of waiting) waiter.callback(outcome); // With a Failure it fails.
    });
}

function read(reader: string): void {
  getPoem().addCallbacks(
    (poem) => console.log(`  ${reader} got: ${poem}`),
    (failure) => console.log(`  ${reader} got an error: ${failure.getErrorMessage()}`),
  );
}

for (const reader of ["Ann", "Bob"]) read(reader);
requests[0]?.errback(new Error("the server is down"));
for (const reader of ["Ann", "Bob", "Eve"]) read(reader);
requests[1]?.callback("Tread softly");
read("Late");
