import type { HttpEvents } from "../response.ts";
import type { Watching } from "./watching.ts";

/** Sends the result of `tell` as JSON once a second, as long as there is a client. */
export function eventsOf({ history }: Pick<Watching, "history">, tell: () => object): HttpEvents {
  return {
    subscribe: (send) => {
      const sendNow = () => send(JSON.stringify(tell()));
      sendNow();
      return history.onMoment(sendNow);
    },
  };
}
