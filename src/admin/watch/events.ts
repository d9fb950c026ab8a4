import type { HttpEvents } from "../response.ts";
import { statusNow, type Watching } from "./routes.ts";

/** The status once a second, for as long as somebody wants it. */
export function statusEvents(watching: Watching): HttpEvents {
  return {
    subscribe: (send) => {
      const tell = () => send(JSON.stringify(statusNow(watching)));
      tell();
      return watching.history.onMoment(tell);
    },
  };
}
