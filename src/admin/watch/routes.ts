import { Deferred } from "../../deferred/mod.ts";
import { exposition, EXPOSITION_TYPE } from "../../observe/numbers/prometheus.ts";
import type { History } from "../../observe/numbers/history.ts";
import { statusOf, type Status } from "../../observe/numbers/status.ts";
import type { Sight } from "../../observe/numbers/watched.ts";
import type { Clock } from "../../time/clock.ts";
import { inTurns } from "../../time/in-turns.ts";
import { json, plain, type HttpResponse } from "../response.ts";
import type { Routes } from "../routes.ts";

/** What can be seen: nothing here changes anything. */
export interface Watching {
  readonly clock: Clock;
  readonly sight: () => Sight;
  readonly history: Pick<History, "ago" | "seconds" | "mostClients" | "onMoment">;
}

/** Everything that the metrics listener serves. */
export function watchRoutes(watching: Watching): Routes {
  const { sight } = watching;
  return {
    "/metrics": { GET: () => scrape(watching) },
    "/live": { GET: () => plain(200, "alive") },
    "/ready": {
      GET: () => {
        const { phase } = sight().vitals;
        return phase === "serving" ? plain(200, "ready") : plain(503, phase);
      },
    },
    "/status.json": { GET: () => json(statusNow(watching)) },
  };
}

const FAMILIES_A_TURN = 4;

export function statusNow({ sight, history, clock }: Watching): Status {
  return statusOf(sight(), history, clock);
}

/** A few families in each turn of the event loop: many services make a scrape long. */
function scrape({ sight, clock }: Watching): Deferred<HttpResponse> {
  const done = new Deferred<HttpResponse>();
  let body = "";
  inTurns(
    clock,
    exposition(sight()),
    (text) => (body += text),
    () => done.callback({ type: EXPOSITION_TYPE, body }),
    FAMILIES_A_TURN,
  );
  return done;
}
