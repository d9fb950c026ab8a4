// AbortSignals in and out. A cancel has a reason, which becomes the cause of the CancelledError. shield() protects work
// that has to be finished.
import { abortable, CancelledError, cancelOnAbort, Deferred, shield } from "poetry-deferred";

const controller = new AbortController();
cancelOnAbort(new Deferred<string>(), controller.signal).addErrback(CancelledError, ({ cause }) =>
  console.log(`Cancelled: ${String(cause)}`),
);
controller.abort("the reader left");

const asked = abortable((signal) => {
  signal.addEventListener("abort", () => console.log(`Aborted: ${signal.reason}`));
  return new Promise<string>(() => {}); // In place of fetch(url, { signal }).
});
asked.addErrback(CancelledError, () => console.log("Nobody waits for it any more"));
asked.cancel("no time");

const writing = new Deferred<string>();
const shielded = shield(writing).addErrback(CancelledError, () => "the writing goes on");
shielded.cancel();
console.log(String(shielded.result), writing.called);
