// Exercise 5: can it fire while we are still adding callbacks? No. A socket or a timer fires it, in a turn of the event
// loop of its own, and this code is in the middle of another one. However long it takes, nothing comes in between.
import { setTimeout as pause } from "node:timers/promises";
import { fetchPoem, listen } from "./network.ts";

const server = await listen((client) => client.end("Tread softly"));

const poem = fetchPoem(server);
const until = performance.now() + 100;
while (performance.now() < until); // A hundred milliseconds of work: the answer may have arrived long ago.
console.log(`Fired after 100 ms: ${poem.called}`);

const long = poem.addCallback((text) => `${text} because you tread on my dreams`);
console.log(`Fired after the first callback: ${long.called}`);
while (!long.called) await pause(1); // But an await lets the others have a turn.
console.log(`Fired after an await: ${long.called}`);

// Even then nothing is lost: a callback that is added after firing runs at once.
long.addCallback((text) => console.log(text));
