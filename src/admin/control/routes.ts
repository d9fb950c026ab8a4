import { HttpError, type HttpRequest } from "../request.ts";
import { json } from "../response.ts";
import type { Routes } from "../routes.ts";
import { statusNow } from "../watch/watching.ts";
import { eventsOf } from "../watch/events.ts";
import { readBody, readQuery } from "./body.ts";
import type { Controlled } from "./controlled.ts";
import { listEntries, purgeEntries, servicesIn, showEntry } from "./entries.ts";
import { TimedChanges } from "./timed-changes.ts";

/** Everything that the control socket serves: GET only reads, POST changes something. */
export function controlRoutes(controlled: Controlled): Routes {
  const { clock, watching, lookAtStores, drain, reload, upgrade } = controlled;
  const timed = new TimedChanges(controlled);
  return {
    "/status": {
      GET: (request) => {
        const { service } = readQuery(request, "service");
        const names = new Set(servicesIn(controlled, service).map(({ name }) => name));
        return lookAtStores().addCallback(() => {
          const status = statusNow(watching);
          return json({ ...status, services: status.services.filter(({ name }) => names.has(name)) });
        });
      },
    },
    "/events": { GET: () => eventsOf(watching, () => statusNow(watching)) },
    "/entries": { GET: (request) => listEntries(controlled, request) },
    "/entry": { GET: (request) => showEntry(controlled, request) },
    "/purge": { POST: (request) => purgeEntries(controlled, request) },
    "/hold": { POST: (request) => timed.hold(request) },
    "/release": { POST: (request) => timed.release(request) },
    "/log": { POST: (request) => timed.log(request) },
    "/drain": {
      POST: (request) => {
        readBody(request, {});
        clock.nextTurn(drain); // After the response, because the process may end at once.
        return json({ draining: true });
      },
    },
    "/reload": {
      POST: (request) => {
        readBody(request, {});
        if (!reload)
          throw new HttpError(409, "This process was not started from files: there is nothing to reload");
        return reload().addCallbacks(
          (report) => json({ report }),
          (failure) => {
            throw new HttpError(422, failure.getErrorMessage());
          },
        );
      },
    },
    "/upgrade": {
      POST: (request) => {
        readBody(request, {});
        return upgrade().addCallbacks(
          ({ pid, version }) => json({ pid, version }),
          (failure) => {
            throw new HttpError(409, `Not upgraded: ${failure.getErrorMessage()}`);
          },
        );
      },
    },
  };
}

/**
 * Refuses requests of browsers, in case somebody relays the socket to TCP.
 *
 * @throws {HttpError} 403 or 421
 */
export function controlGuard({ headers }: HttpRequest): void {
  const host = headers.get("host");
  if (host !== undefined && host !== "localhost") throw new HttpError(421, "Use localhost as the host");
  for (const name of headers.keys())
    if (name === "origin" || name.startsWith("sec-fetch-")) throw new HttpError(403, "Not for browsers");
}
