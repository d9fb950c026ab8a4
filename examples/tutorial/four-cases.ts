// maybeDeferred() calls a function and returns a Deferred, whatever the function does.
import { Deferred, Failure, maybeDeferred } from "poetry-deferred";

function tell(what: string, outcome: Deferred<string>): void {
  outcome.addCallbacks(
    (value) => console.log(`${what}: fired with "${value}"`),
    (failure) => console.log(`${what}: failed with "${failure.getErrorMessage()}"`),
  );
}

const underWay = new Deferred<string>();
console.log(`It returns a Deferred: the same one, ${maybeDeferred(() => underWay) === underWay}`);

tell(
  "It returns a value",
  maybeDeferred(() => "a poem"),
);
tell(
  "It returns a Failure",
  maybeDeferred(() => new Failure(new Error("the server is down"))),
);
tell(
  "It throws",
  maybeDeferred(() => {
    throw new RangeError("a poem needs a title");
  }),
);
