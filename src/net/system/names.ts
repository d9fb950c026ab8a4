import { availableParallelism } from "node:os";
import { DeferredSemaphore, fromPromise, type Deferred } from "../../deferred/mod.ts";

/**
 * Limits concurrent look-ups. Each occupies a thread of Bun's pool until the name server has answered or timed out; one
 * thread is left for files.
 */
const turns = new DeferredSemaphore(Math.max(1, availableParallelism() - 1));

const underWay = new Map<string, Promise<string[]>>();

/**
 * The addresses of a host, in the order in which the system would try them (RFC 6724, /etc/gai.conf). Concurrent
 * look-ups of one name share the result. Fails with Bun's error. Cancelling only stops waiting.
 */
export function lookUp(host: string): Deferred<string[]> {
  let addresses = underWay.get(host);
  if (!addresses) {
    addresses = turns
      .run(askSystem, host)
      .addBoth((outcome) => {
        underWay.delete(host);
        return outcome;
      })
      .toPromise();
    underWay.set(host, addresses);
  }
  return fromPromise(addresses);
}

/** Uses getaddrinfo(3): Bun's default, c-ares, merges the addresses of lines in /etc/hosts that share an alias. */
async function askSystem(host: string): Promise<string[]> {
  const found = await Bun.dns.lookup(host, { backend: "system" });
  return [...new Set(found.map(({ address }) => address))];
}
