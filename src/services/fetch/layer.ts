import type { Portable } from "../../cache/second-level.ts";
import type { Deferred } from "../../deferred/mod.ts";
import type { Frame } from "../../protocols/frame.ts";
import type { FetchRecord, FetchWish, LiveSink } from "./record.ts";

/** A complete answer, with its lifetime, age and origin. */
export type Fetched = Portable;

/**
 * Gets the answer to `request`. Fails with FetchError, or another error that says how its waiters' connections end;
 * with CancelledError when cancelled.
 *
 * @param live also takes the answer, as it arrives
 */
export type Fetch = (request: Frame, wish: FetchWish, live?: LiveSink) => Deferred<Fetched>;

/** A stage of a fetch: fires with the answer's bytes. */
export type Step = (record: FetchRecord) => Deferred<Uint8Array>;

/** Wraps a stage. */
export type Layer = (inner: Step) => Step;
