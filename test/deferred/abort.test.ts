import { expect, test } from "bun:test";
import { abortable, CancelledError, cancelOnAbort, Deferred, succeed } from "../../src/deferred/mod.ts";
import { failureOf, valueOf } from "../../src/deferred/testing.ts";
import { leaveNothingUnhandled } from "./outcome.ts";

leaveNothingUnhandled();

test("cancelOnAbort() 9 cancels the Deferred when the signal is aborted", () => {
  const controller = new AbortController();
  const d = cancelOnAbort(new Deferred<string>(), controller.signal);
  expect(d.called).toBe(false);
  controller.abort();
  expect(failureOf(d)).toBeInstanceOf(CancelledError);
});

test("cancelOnAbort() 9 cancels at once when the signal has been aborted before", () => {
  const d = cancelOnAbort(new Deferred<string>(), AbortSignal.abort());
  expect(failureOf(d)).toBeInstanceOf(CancelledError);
});

test("cancelOnAbort() 9 stops listening once there is a result", () => {
  const controller = new AbortController();
  const later = new Deferred<string>();
  const d = cancelOnAbort(succeed("poem"), controller.signal).addCallback(() => later);
  controller.abort();
  expect(later.called).toBe(false);
  later.callback("more");
  expect(valueOf(d)).toBe("more");
});

test("abortable() 9 aborts the signal when it is cancelled", async () => {
  const rejected = Promise.withResolvers<string>();
  let seen: AbortSignal | undefined;
  const d = abortable((signal) => {
    seen = signal;
    signal.addEventListener("abort", () => rejected.reject(signal.reason));
    return rejected.promise;
  });
  expect(seen?.aborted).toBe(false);
  d.cancel();
  expect(seen?.aborted).toBe(true);
  await Promise.allSettled([rejected.promise]);
  expect(failureOf(d)).toBeInstanceOf(CancelledError);
});

test("abortable() 9 fires with what the function returns or its Promise resolves to", async () => {
  expect(valueOf(abortable(() => "poem"))).toBe("poem");
  const d = abortable(async () => "later");
  expect(await d).toBe("later");
});

test("abortable() 9 leaves the signal alone once it has fired", () => {
  let seen: AbortSignal | undefined;
  const d = abortable((signal) => {
    seen = signal;
    return "poem";
  });
  d.cancel();
  expect(seen?.aborted).toBe(false);
  valueOf(d);
});
