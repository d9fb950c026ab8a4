// One call in flight per argument: further calls with the same argument wait for it. Every caller has a Deferred of its
// own, so one that leaves affects no other, and each handles its own error. This is how the proxy's cache shares a
// fetch (src/cache/flight.ts).
import { Deferred, maybeDeferred } from "poetry-deferred";

/** Wraps `fn`, so that concurrent calls with the same argument share one call. */
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
      inFlight.delete(key); // First: a waiter may ask for the key again.
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
