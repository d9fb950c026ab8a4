/** A program that opens a log and has an unhandled error in a Deferred. */
import { fail, setUnhandledErrorReporter } from "../../src/deferred/mod.ts";
import { flushLog, openLog } from "../../src/process/open-log.ts";
import { nextTurn } from "./next-turn.ts";

openLog({ log: "text", quiet: false, verbose: false });
setUnhandledErrorReporter(setUnhandledErrorReporter(), { when: "next turn" }); // Do not wait for garbage collection.
fail(new Error("lost"));
await nextTurn();
await nextTurn();
await flushLog();
