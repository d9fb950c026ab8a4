// A Deferred may fire before anybody has added a callback. It keeps its result, and each callback that comes later runs
// at once, with what the one before it returned. pause() makes the same callbacks wait.
import { Deferred } from "poetry-deferred";

function first(value: number): number {
  console.log(`  first() got ${value}`);
  return value + 1;
}

function second(value: number): number {
  console.log(`  second() got ${value}`);
  return value + 1;
}

const fired = new Deferred<number>();
fired.callback(1);
console.log("Fired. Nobody listens yet.");
const one = fired.addCallback(first);
console.log("The first callback has been added.");
one.addCallback(second);
console.log("The second callback has been added.");

const paused = new Deferred<number>();
paused.pause();
paused.callback(1);
paused.addCallback(first).addCallback(second);
console.log("Fired with two callbacks, but paused: they wait.");
paused.unpause();
console.log("Unpaused.");
