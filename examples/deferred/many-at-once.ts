// Several at once: all values, every outcome, or the first success.
import { Deferred, deferredList, fail, FirstError, gatherResults, race, succeed } from "poetry-deferred";

gatherResults([succeed("ecstasy"), succeed(1633)]).addCallback(([title, year]) =>
  console.log(`All: ${title}, ${year}`),
);
gatherResults([succeed("ecstasy"), fail(new Error("refused"))], { consumeErrors: true }).addErrback(
  FirstError,
  ({ index, cause }) => console.log(`Deferred #${index} failed: ${(cause as Error).message}`),
);
deferredList([succeed("ecstasy"), fail(new Error("refused"))], { consumeErrors: true }).addCallback(
  (outcomes) => console.log(`Outcomes: ${outcomes.map(([ok]) => (ok ? "success" : "failure")).join(", ")}`),
);

const slow = new Deferred<string>(() => console.log("The slow mirror is told to stop"));
const fast = new Deferred<string>();
race([slow, fast]).addCallback(([index, poem]) => console.log(`Mirror ${index} won: ${poem}`));
fast.callback("I have drunk ale");
