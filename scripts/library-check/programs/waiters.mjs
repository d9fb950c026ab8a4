// Serving and cancelling 200,000 waiters takes four times as long as 50,000, and not sixteen times.
import { DeferredLock, DeferredQueue } from "poetry-deferred";

function timeOf(many) {
  const begin = performance.now();
  const lock = new DeferredLock();
  lock.acquire();
  const waiters = Array.from({ length: many }, () => lock.acquire().addErrback(() => {}));
  for (let n = 0; n < many; n++) waiters[(n * 7919) % many].cancel();
  const queue = new DeferredQueue();
  for (let n = 0; n < many; n++) queue.put(n);
  for (let n = 0; n < many; n++) queue.get();
  return performance.now() - begin;
}

timeOf(50_000);
const [few, many] = [timeOf(50_000), timeOf(200_000)];
console.log(many < few * 10 + 500 ? "linear" : `not linear: ${few} ms for 50,000, ${many} ms for 200,000`);
