import type { Visit } from "../../net/transport.ts";

/** Events of clients during their stay. */
export interface VisitEvents {
  /** A client waits for an answer: its status says whether a fetch begins, is under way, or serves this client alone. */
  readonly waiting: Visit;
  /** A client is connected to an upstream, and bytes pass through. */
  readonly piping: Visit;
}
