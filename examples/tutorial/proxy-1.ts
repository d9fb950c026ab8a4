// Proxy 1.0. getPoem() returns the poem if it has it, otherwise a Deferred. The code that serves clients need not care,
// because maybeDeferred() turns both into a Deferred.
import { maybeDeferred, type Deferred } from "poetry-deferred";
import { fetchPoem, listen } from "./network.ts";

class ProxyService {
  readonly #server: number;
  #poem: string | undefined = undefined;

  constructor(server: number) {
    this.#server = server;
  }

  getPoem(): string | Deferred<string> {
    if (this.#poem !== undefined) {
      console.log("Using cached poem.");
      return this.#poem;
    }
    console.log("Fetching poem from server.");
    return fetchPoem(this.#server).addCallback((poem) => (this.#poem = poem));
  }
}

const server = await listen((client) => client.end("The fascination of what's difficult\n"));
const service = new ProxyService(server);
const proxy = await listen((client) => {
  maybeDeferred(() => service.getPoem())
    .addCallback((poem) => client.end(poem))
    .addErrback(() => client.resetAndDestroy()); // Not end(): that would look like an empty poem.
});

for (const reader of ["Ann", "Bob"]) console.log(`${reader} got: ${(await fetchPoem(proxy)).trimEnd()}`);
