// A chain written as a generator: `yield*` waits for a Deferred and returns its value, or throws its failure. Unlike
// `await` it continues in the same turn: if all answers are available, it has finished before it returns.
import { Deferred, inlineCallbacks, succeed } from "poetry-deferred";

const slow = new Deferred<string>();

const anthology = inlineCallbacks(function* (title: string) {
  const first = yield* succeed("Sailing to Byzantium");
  console.log(`Got ${first}`);
  try {
    const second = yield* slow;
    return `${title}: ${first}, ${second}`;
  } catch (error) {
    return `${title}: ${first}, and ${(error as Error).message}`;
  }
});

const book = anthology("Poems");
console.log("It waits for the second one.");
book.addCallback((text) => console.log(text));
slow.errback(new Error("one that was lost"));
console.log("Done.");
