import type { HttpEvents } from "../response.ts";
import type { Watching } from "./watching.ts";

/** A stream that sends the result of `look` as JSON, at once and then every second, as long as the client stays. */
export function eventsOf({ history }: Pick<Watching, "history">, look: () => object): HttpEvents {
  return {
    subscribe: (send) => {
      const sendNow = () => send(JSON.stringify(look()));
      sendNow();
      return history.onMoment(sendNow);
    },
  };
}
