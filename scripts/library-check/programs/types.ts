// Every compiler in the check has to accept this in a strict project, without the types of the DOM or Node.
import {
  CancelledError,
  Deferred,
  DeferredLock,
  DeferredQueue,
  DeferredSemaphore,
  every,
  Failure,
  gatherResults,
  inlineCallbacks,
  race,
  retry,
  singleFlight,
  succeed,
  TimeoutError,
  type Canceller,
  type Outcome,
} from "poetry-deferred";
import { failureOf, ManualClock, unfired, valueOf } from "poetry-deferred/testing";

class FetchError extends Error {
  constructor(readonly reason: string) {
    super(reason);
  }
}

const stop: Canceller<string> = (deferred, reason) => deferred.errback(reason);
const later = new Deferred<string>(stop);
const reason: Deferred<string> = later.fork().addErrback(FetchError, (error) => error.reason);
const mixed: Deferred<number | string> = new DeferredLock().run(() => (reason.called ? 1 : succeed("a")));
const adopted: Deferred<number> = reason.addCallback(async (text) => text.length);
const none: Deferred<void> = succeed();
const tuple: Deferred<[string, number]> = gatherResults([reason, adopted]);
const winner: Deferred<[index: number, value: string | number]> = race([reason, adopted]);
const both = inlineCallbacks(function* (poem: Deferred<string>) {
  const [text, length]: [string, number] = yield* gatherResults([poem, succeed(1)]);
  return text.length + length;
});
const sum: Deferred<number> = both(later).addErrback((failure: Failure) => failure.trap(RangeError) && 0);
const clock = new ManualClock();
const timed: Deferred<number> = sum.addTimeout(5000, clock).addFinally(() => none);
const fetchOnce: (host: string, port: number) => Deferred<string> = singleFlight(
  (host: string, port: number): Outcome<string> => `${host}:${port}`,
);
const tried: Deferred<string> = retry(() => fetchOnce("localhost", 1), { retries: 2, clock });
const calls: Deferred<never> = every(1000, (skipped: number) => skipped, { clock });
const jobs = new DeferredQueue<string>();
const semaphore = new DeferredSemaphore(2, { maxWaiting: 10 });
semaphore.limit = 3;
jobs.put("job");
calls.cancel("done");
export const texts: string[] = [valueOf(jobs.get()), failureOf(calls, CancelledError).message];
export const found: FetchError | undefined = new Failure(new FetchError("refused")).find(FetchError);
export const ms = (error: TimeoutError): number => error.ms;
export const waiting = [unfired(later), mixed, tuple, winner, timed, tried];
export function wrapped<V>(value: V): Deferred<V> {
  const deferred = new Deferred<V>();
  deferred.callback(value);
  return deferred;
}
// @ts-expect-error -- a Deferred of a Deferred makes no sense
export const nested = () => succeed(succeed(1));
// @ts-expect-error -- nor does firing one with another
export const never = () => new Deferred<Deferred<string>>();
