// retry() repeats with growing pauses, every() at intervals, singleFlight() shares one call among concurrent callers. A
// ManualClock makes the time pass.
import { Deferred, every, fail, retry, singleFlight, succeed } from "poetry-deferred";
import { ManualClock } from "poetry-deferred/testing";

const clock = new ManualClock();

retry((attempt) => (attempt < 3 ? fail<string>(new Error("refused")) : succeed("I have drunk ale")), {
  clock,
  pauses: { first: 100, longest: 1000, spread: [1, 1] },
}).addCallback((poem) => console.log(`${poem}, after ${clock.now()} ms`));
clock.advance(1000);

const probes: Deferred<void>[] = [];
const checks = every(
  1000,
  (skipped) => {
    console.log(`Probing, ${skipped} skipped`);
    const probe = new Deferred<void>();
    probes.push(probe);
    return probe;
  },
  { clock },
);
clock.advance(3500);
probes[0]?.callback();
clock.advance(500);
checks.addErrback(() => console.log("No more checks"));
checks.cancel();

const connections: Deferred<string>[] = [];
const fetchPoem = singleFlight((title: string) => {
  console.log(`Connecting for ${title}`);
  const connection = new Deferred<string>();
  connections.push(connection);
  return connection;
});
for (const reader of ["Ann", "Bob"])
  fetchPoem("ecstasy").addCallback((poem) => console.log(`${reader}: ${poem}`));
connections[0]?.callback("I have drunk ale");
