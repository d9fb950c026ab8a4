// Debug mode reports where a Deferred was made and fired, and discarded results. describe() works without it.
import {
  AlreadyCalledError,
  Deferred,
  maybeDeferred,
  setDebugging,
  setUnhandledErrorReporter,
  succeed,
} from "poetry-deferred";

const inner = new Deferred<string>();
const outer = succeed(1).addCallback(() => inner);
console.log(outer); // Printed like describe().
inner.callback("poem");
console.log(outer);

setDebugging(true);
setUnhandledErrorReporter((failure) => console.log(failure.getErrorMessage()));
const result = succeed("poem");
succeed(1).addCallback(() => result);
result.addCallback((text) => console.log(`Too late: ${text}`));

const fired = succeed(1);
maybeDeferred(() => fired.callback(2)).addErrback(AlreadyCalledError, ({ message }) =>
  console.log(
    message
      .split("\n")
      .filter((line) => !line.startsWith("    at"))
      .join("\n"),
  ),
);
