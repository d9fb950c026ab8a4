// AbortSignal in and out. A cancel has a reason, which is the cause of the CancelledError. shield() keeps it from what has to be
// finished.
import { abortable, CancelledError, cancelOnAbort, Deferred, shield } from "poetry-deferred";

const controller = new AbortController();
cancelOnAbort(new Deferred<string>(), controller.signal).addErrback(CancelledError, ({ cause }) =>
  console.log(`Cancelled: ${String(cause)}`),
);
controller.abort("the reader left");

const asked = abortable((signal) => {
  signal.addEventListener("abort", () => console.log(`Aborted: ${signal.reason}`));
  return new Promise<string>(() => {}); // As fetch(url, { signal }) would.
});
asked.addErrback(CancelledError, () => console.log("Nobody waits for it any more"));
asked.cancel("no time");

const writing = new Deferred<string>();
const shielded = shield(writing).addErrback(CancelledError, () => "the writing goes on");
shielded.cancel();
console.log(String(shielded.result), writing.called);
