import { Deferred } from "../../deferred/mod.ts";
import { exposition, EXPOSITION_TYPE } from "../../observe/numbers/prometheus.ts";
import { plotsOf } from "../../observe/numbers/plots.ts";
import { inTurns } from "../../time/in-turns.ts";
import { FILES, pageOf } from "../page/page.ts";
import { statusHtml } from "../page/status-html.ts";
import { HttpError } from "../request.ts";
import { json, plain, type HttpResponse } from "../response.ts";
import type { Routes } from "../routes.ts";
import { eventsOf } from "./events.ts";
import { statusNow, type Watching } from "./watching.ts";

/** Everything that the metrics port serves. Nothing here changes anything or shows requests. */
export function watchRoutes(watching: Watching): Routes {
  const { sight } = watching;
  return {
    "/": { GET: () => pageOf(statusNow(watching)) },
    "/metrics": { GET: () => scrape(watching) },
    "/live": { GET: () => plain(200, "alive") },
    "/ready": {
      GET: () => {
        const { phase } = sight().vitals;
        return phase === "serving" ? plain(200, "ready") : plain(503, phase);
      },
    },
    "/status.json": { GET: () => json(statusNow(watching)) },
    "/plots.json": { GET: ({ query }) => plots(watching, query.get("service") ?? "") },
    "/events": { GET: () => eventsOf(watching, () => ({ html: statusHtml(statusNow(watching)).text })) },
    ...Object.fromEntries(Object.entries(FILES).map(([path, file]) => [path, { GET: () => file }])),
  };
}

/** How many families of metrics to format in one turn of the event loop. */
const FAMILIES_PER_TURN = 4;

/** @throws {HttpError} 404 for an unknown service */
function plots({ sight, history }: Watching, service: string): HttpResponse {
  if (sight().services.some(({ name }) => name === service)) return json(plotsOf(service, history));
  throw new HttpError(404, `No service is called ${service}`);
}

/** Formats a scrape over several turns of the event loop, because many services make it long. */
function scrape({ sight, clock }: Watching): Deferred<HttpResponse> {
  const done = new Deferred<HttpResponse>();
  let body = "";
  inTurns(
    clock,
    exposition(sight()),
    (text) => (body += text),
    () => done.callback({ type: EXPOSITION_TYPE, body }),
    FAMILIES_PER_TURN,
  );
  return done;
}
