import type { HttpEvents } from "../response.ts";
import type { Watching } from "./watching.ts";

/** What `tell` gives, as JSON, once a second for as long as somebody wants it. */
export function eventsOf({ history }: Pick<Watching, "history">, tell: () => object): HttpEvents {
  return {
    subscribe: (send) => {
      const sendNow = () => send(JSON.stringify(tell()));
      sendNow();
      return history.onMoment(sendNow);
    },
  };
}
