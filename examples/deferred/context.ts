// AsyncLocalStorage and callbacks. A callback runs in the context of the code that fires the Deferred or, if contexts
// are captured, in the context in which it was added.
import { AsyncLocalStorage } from "node:async_hooks";
import { captureContext, Deferred } from "poetry-deferred";

const asker = new AsyncLocalStorage<string>();

function ask(): Deferred<string> {
  const poem = new Deferred<string>();
  asker.run("Ann", () => poem.addCallback((text) => console.log(`${text}, for ${asker.getStore()}`)));
  return poem;
}

asker.run("the socket", () => ask().callback("I have drunk ale"));
captureContext(() => AsyncLocalStorage.snapshot());
asker.run("the socket", () => ask().callback("I have drunk ale"));
