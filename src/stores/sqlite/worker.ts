/**
 * The Worker that holds the database, so that the main thread never waits for the disk. An entry point of
 * scripts/build.ts.
 */
import { parentPort } from "node:worker_threads";
import { systemClock } from "../../time/clock.ts";
import { wallClock } from "../../time/time-of-day.ts";
import type { Answered, Asked } from "./messages.ts";
import { Shelf } from "./shelf.ts";

const shelf = new Shelf({ clock: systemClock, wall: wallClock });

/** Bound, because a lint rule would demand a target origin, which a thread does not have. */
const send = parentPort?.postMessage.bind(parentPort);

parentPort?.on("message", ({ id, command }: Asked) => {
  shelf.do(command, (outcome) => {
    const bytes = "result" in outcome && outcome.result instanceof Uint8Array ? outcome.result : undefined;
    // Transferred, not copied, because nothing triggers garbage collection in this thread.
    send?.({ id, ...outcome } satisfies Answered, bytes ? [bytes.buffer as ArrayBuffer] : []);
  });
});
