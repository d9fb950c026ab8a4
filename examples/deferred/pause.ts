// pause() stops the chain without losing anything: it can still be fired and extended, but its callbacks wait. Pauses
// are counted, so two parties can pause one Deferred independently.
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
