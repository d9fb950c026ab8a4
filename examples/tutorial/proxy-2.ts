// Proxy 2.0. getPoem() always returns a Deferred: one that has already fired if the poem is in the cache. So its
// callers do not need maybeDeferred().
import { succeed, type Deferred } from "poetry-deferred";
import { fetchPoem, listen } from "./network.ts";

class ProxyService {
  readonly #server: number;
  #poem: string | undefined = undefined;

  constructor(server: number) {
    this.#server = server;
  }

  getPoem(): Deferred<string> {
    if (this.#poem !== undefined) {
      console.log("Using cached poem.");
      return succeed(this.#poem);
    }
    console.log("Fetching poem from server.");
    return fetchPoem(this.#server).addCallback((poem) => (this.#poem = poem));
  }
}

const server = await listen((client) => client.end("The fascination of what's difficult\n"));
const service = new ProxyService(server);
const proxy = await listen((client) => {
  service
    .getPoem()
    .addCallback((poem) => client.end(poem))
    .addErrback(() => client.resetAndDestroy());
});

for (const reader of ["Ann", "Bob"]) console.log(`${reader} got: ${(await fetchPoem(proxy)).trimEnd()}`);
