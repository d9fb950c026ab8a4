// An error that no errback handled is reported in the next turn of the event loop, which ends the program, as for a
// Promise. { when: "collection" } waits until its Deferred is garbage-collected, as Twisted does: only then is it
// certain that nobody will handle it, and until then an errback may still be added, however late.
import { fail, setUnhandledErrorReporter, type Deferred, type Failure } from "poetry-deferred";

const report = (failure: Failure): void => console.log(`Reported: ${failure.getErrorMessage()}`);

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

setUnhandledErrorReporter(report);
fail(new Error("nobody took it in this turn"));
await Bun.sleep(0);

setUnhandledErrorReporter(report, { when: "collection" });
lose();
console.log("Two more have failed.");
await collectGarbage();
kept.pop()?.addErrback((failure) => console.log(`Rescued: ${failure.getErrorMessage()}`));
await collectGarbage();
console.log("No more reports.");
