/** A program that opens a log, and has a Deferred fail that nobody listens to. */
import { fail, setUnhandledErrorReporter } from "../../src/deferred/mod.ts";
import { flushLog, openLog } from "../../src/process/open-log.ts";
import { nextTurn } from "./next-turn.ts";

openLog({ log: "text", quiet: false, verbose: false });
setUnhandledErrorReporter(setUnhandledErrorReporter(), { when: "next turn" }); // No garbage is to be waited for.
fail(new Error("lost"));
await nextTurn();
await nextTurn();
await flushLog();
