import type { AccessLog } from "./access-log.ts";
import type { LogLevel } from "./lines.ts";
import type { Tally } from "./numbers/tally.ts";
import type { Show } from "./requests-shown.ts";

/** How an event is formatted as a line of the log. */
export interface Words<A> {
  readonly level: LogLevel | ((about: A) => LogLevel);
  readonly text: (about: A, show: Show) => string;
  /** Additional fields of JSON lines. */
  readonly fields: (about: A, show: Show) => object;
  /** The text if every client is logged; otherwise lines should be equal, so that they fold. */
  readonly verbose?: Pick<Words<A>, "text" | "fields">;
}

/** What else happens to it. */
interface Traces<A> {
  readonly count?: (tally: Tally, about: A) => void;
  /** Returns true if the access log has a line about it now, so that the log needs none. */
  readonly access?: (log: AccessLog, about: A) => boolean;
}

/** What happens to an event: it becomes a line of the log, unless it is only counted or noted elsewhere. */
export type Fact<A> = (Words<A> | { readonly level: "unlogged" }) & Traces<A>;
