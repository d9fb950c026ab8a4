// pause() holds the chain without losing anything: firing and adding go on, the links wait. Pauses are counted, so
// two who pause one Deferred do not get in each other's way.
import { Deferred } from "poetry-deferred";

const poem = new Deferred<string>();
poem.addCallback((text) => console.log(`Printing: ${text}`));

poem.pause();
poem.pause();
poem.callback("The fog comes on little cat feet");
console.log(`Fired: ${poem.called}, paused: ${poem.paused}`);

poem.unpause();
console.log(`One unpause() is not enough, paused: ${poem.paused}`);
poem.unpause();
console.log("Done.");
