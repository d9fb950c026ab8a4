// One call in flight per argument: whoever asks for the same thing meanwhile shares the call under way. Everyone
// gets a fork, so that one who leaves takes only his own share along. This is the proxy's cache in a nutshell.
import { Deferred } from "poetry-proxy/deferred";

/** `fn`, but calls with an argument that is being worked on share that work. */
function pooled<K, V>(fn: (key: K) => Deferred<V>): (key: K) => Deferred<V> {
  const inFlight = new Map<K, Deferred<V>>();
  return (key) => {
    let call = inFlight.get(key);
    if (!call) {
      call = fn(key);
      inFlight.set(key, call);
      call.addBoth((result) => {
        inFlight.delete(key); // First: who gets the result may ask for the key again.
        return result;
      });
    }
    return call.fork();
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
