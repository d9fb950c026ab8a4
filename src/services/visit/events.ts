import type { Visit } from "../../net/transport.ts";

/** Events of clients while they are connected. */
export interface VisitEvents {
  /**
   * A client waits for an answer. Its status says whether a fetch begins, is under way, or is for this client alone.
   */
  readonly waiting: Visit;
  /** A client is being connected to an upstream as a pipe. */
  readonly piping: Visit;
}
