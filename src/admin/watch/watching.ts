import type { History } from "../../observe/numbers/history.ts";
import { statusOf, type Status } from "../../observe/numbers/status.ts";
import type { Sight } from "../../observe/numbers/watched.ts";
import type { Clock } from "../../time/clock.ts";

/** What watchers can see. Read-only. */
export interface Watching {
  readonly clock: Clock;
  readonly sight: () => Sight;
  readonly history: Pick<History, "ago" | "seconds" | "mostClients" | "onMoment">;
}

/** The current status. */
export function statusNow({ sight, history, clock }: Watching): Status {
  return statusOf(sight(), history, clock);
}
