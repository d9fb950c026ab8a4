// One call in flight per argument: whoever asks for the same thing meanwhile waits for the call under way. Everyone
// has a Deferred of his own, so that one who leaves takes only his own place along, and no error is anybody else's.
// This is how the proxy's cache shares a fetch (src/cache/flight.ts).
import { Deferred, maybeDeferred } from "poetry-deferred";

/** `fn`, but calls with an argument that is being worked on share that work. */
function pooled<K, V>(fn: (key: K) => Deferred<V>): (key: K) => Deferred<V> {
  const inFlight = new Map<K, Set<Deferred<V>>>();
  return (key) => {
    const known = inFlight.get(key);
    const waiters = known ?? new Set<Deferred<V>>();
    const waiter: Deferred<V> = new Deferred(() => waiters.delete(waiter));
    waiters.add(waiter);
    if (known) return waiter;
    inFlight.set(key, waiters);
    maybeDeferred(fn, key).addBoth((outcome) => {
      inFlight.delete(key); // First: who gets the outcome may ask for the key again.
      for (const each of waiters) each.callback(outcome);
    });
    return waiter;
  };
}

const connections: Deferred<string>[] = [];
const fetchPoem = pooled((title: string) => {
  console.log(`Connecting for ${title}`);
  const connection = new Deferred<string>();
  connections.push(connection);
  return connection;
});

for (const reader of ["Ann", "Bob"])
  fetchPoem("ecstasy").addCallback((poem) => console.log(`${reader}: ${poem}`));
fetchPoem("ecstasy")
  .addErrback(() => console.log("Eve has left"))
  .cancel();
connections[0]?.callback("I have drunk ale");
fetchPoem("ecstasy").addCallback((poem) => console.log(`Ann again: ${poem}`));
connections[1]?.callback("and weep no more");
for (const reader of ["Ann", "Bob"])
  fetchPoem("ecstasy").addErrback((failure) => console.log(`${reader}: ${failure.getErrorMessage()}`));
connections[2]?.errback(new Error("refused"));
