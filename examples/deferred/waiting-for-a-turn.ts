// A semaphore admits a limited number at a time, a lock one; a queue hands over items, whether they or their takers
// come first.
import {
  Deferred,
  DeferredLock,
  DeferredQueue,
  DeferredSemaphore,
  QueueClosedError,
  succeed,
} from "poetry-deferred";

const fetches = new DeferredSemaphore(2);
const connections = ["ecstasy", "fascination", "science"].map((title) => {
  const connection = new Deferred<string>();
  fetches
    .run(() => {
      console.log(`Fetching ${title}`);
      return connection;
    })
    .addCallback((poem) => console.log(poem));
  return connection;
});
console.log(`${fetches.waiting} waits`);
connections[0]?.callback("I have drunk ale from the Country of the Young");

const lock = new DeferredLock();
lock
  .acquire()
  .addCallback(() => succeed(console.log(`Locked: ${lock.locked}`)))
  .addFinally(() => lock.release())
  .addCallback(() => console.log(`Locked: ${lock.locked}`));

const jobs = new DeferredQueue<string>();
jobs.get().addCallback((job) => console.log(`First to ask: ${job}`));
jobs.put("print");
jobs.put("bind");
jobs.close();
for await (const job of jobs) console.log(`Left in the queue: ${job}`);
jobs.get().addErrback(QueueClosedError, () => console.log("Nothing more will come"));
