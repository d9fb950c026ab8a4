import type { Visit } from "../../net/transport.ts";

/** What is told of clients while they are here. */
export interface VisitEvents {
  /** A client waits for an answer: its status says whether a fetch begins, is under way, or is for it alone. */
  readonly waiting: Visit;
  /** A client is joined with an upstream: what they say passes through. */
  readonly piping: Visit;
}
