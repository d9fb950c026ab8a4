// Can it fire while we are still adding callbacks? No. Whatever fires it (a socket, a timer, a Promise) runs in a turn
// of the event loop of its own, and this code is in the middle of another one. And if it had fired before, each
// callback would run as it is added. Either way every callback gets the result, in order.
import { Deferred } from "poetry-deferred";

const poem = new Deferred<string>();
setTimeout(() => {
  console.log("The timer fires it.");
  poem.callback("Tread softly");
}, 0);

poem.addCallback((text) => `${text} because you tread on my dreams`);
const busyUntil = performance.now() + 20;
while (performance.now() < busyUntil);
console.log(`Long overdue, but fired: ${poem.called}`);
poem.addCallback((text) => console.log(text));
