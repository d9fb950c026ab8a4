// An error that no errback took is reported when its Deferred is garbage: only then is it certain that nobody will
// take it. Until then an errback may still come to the rescue, however late.
import { Deferred, fail, setUnhandledErrorReporter } from "poetry-proxy/deferred";

setUnhandledErrorReporter((failure) => console.log(`Reported: ${failure.getErrorMessage()}`));

const kept: Deferred<string>[] = [];

function lose(): void {
  fail(new Error("nobody took this one"));
  kept.push(fail<string>(new Error("somebody will take this one")));
}

async function collectGarbage(): Promise<void> {
  await Bun.sleep(0);
  Bun.gc(true);
  await Bun.sleep(0);
}

lose();
console.log("Two have failed.");
await collectGarbage();
kept.pop()?.addErrback((failure) => console.log(`Rescued: ${failure.getErrorMessage()}`));
await collectGarbage();
console.log("No more reports.");
