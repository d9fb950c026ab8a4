import type { AccessLog } from "./access-log.ts";
import type { LogLevel } from "./lines.ts";
import type { Tally } from "./numbers/tally.ts";
import type { Show } from "./requests-shown.ts";

/** How an event becomes a line of the log. */
export interface Words<A> {
  readonly level: LogLevel | ((about: A) => LogLevel);
  readonly text: (about: A, show: Show) => string;
  /** What JSON lines add. */
  readonly fields: (about: A, show: Show) => object;
  /** Instead, where every client is told: otherwise lines are to be alike, so that they fold. */
  readonly verbose?: Pick<Words<A>, "text" | "fields">;
}

/** What else becomes of it. */
interface Traces<A> {
  readonly count?: (tally: Tally, about: A) => void;
  /** Gives true if there is a line in the access log now, so that the log needs none. */
  readonly access?: (log: AccessLog, about: A) => boolean;
}

/** What becomes of an event: a line of the log, unless it is only counted or noted elsewhere. */
export type Fact<A> = (Words<A> | { readonly level: "unlogged" }) & Traces<A>;
