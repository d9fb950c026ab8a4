/** The Worker that holds the database, so that no answer ever waits for a disk. A separate entry point in scripts/build.ts. */
import { parentPort } from "node:worker_threads";
import { systemClock } from "../../time/clock.ts";
import { wallClock } from "../../time/time-of-day.ts";
import type { Answered, Asked } from "./messages.ts";
import { Shelf } from "./shelf.ts";

const shelf = new Shelf({ clock: systemClock, wall: wallClock });

/** A thread has no target origin. */
const tell = parentPort?.postMessage.bind(parentPort);

parentPort?.on("message", ({ id, command }: Asked) => {
  shelf.do(command, (outcome) => {
    const bytes = "result" in outcome && outcome.result instanceof Uint8Array ? outcome.result : undefined;
    // Handed over, not copied: the garbage of this thread has nobody who looks after it.
    tell?.({ id, ...outcome } satisfies Answered, bytes ? [bytes.buffer as ArrayBuffer] : []);
  });
});
