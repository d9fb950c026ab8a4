// Testing code that waits needs no waiting: the test fires the Deferreds, and advances the clock.
import { Deferred, TimeoutError, unhandledErrors, type TimeoutClock } from "poetry-deferred";
import { failureOf, ManualClock, unfired, valueOf } from "poetry-deferred/testing";

function fetchPoem(ask: () => Deferred<string>, clock: TimeoutClock): Deferred<string> {
  return ask()
    .addCallback((text) => text.toUpperCase())
    .addTimeout(5000, clock);
}

const clock = new ManualClock();
const answers: Deferred<string>[] = [];
const ask = (): Deferred<string> => {
  const answer = new Deferred<string>();
  answers.push(answer);
  return answer;
};

const poem = unfired(fetchPoem(ask, clock));
answers[0]?.callback("I have drunk ale");
console.log(valueOf(poem));

const late = fetchPoem(ask, clock);
clock.advance(4999);
unfired(late);
clock.advance(1);
console.log(failureOf(late, TimeoutError).message);
console.log(`Timers left: ${clock.pending}, errors left: ${unhandledErrors().length}`);
