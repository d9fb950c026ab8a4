import type { AccessLog } from "./access-log.ts";
import type { LogLevel } from "./lines.ts";
import type { Tally } from "./numbers/tally.ts";
import type { Show } from "./requests-shown.ts";

/** How an event reads as a line of the log. */
export interface Words<A> {
  readonly level: LogLevel | ((about: A) => LogLevel);
  readonly text: (about: A, show: Show) => string;
  /** Additional fields of a JSON line; called only for those. */
  readonly fields: (about: A, show: Show) => object;
  /** The words with `--verbose`, which names the client; without it, lines should be equal so that they fold. */
  readonly verbose?: Pick<Words<A>, "text" | "fields">;
}

/** What an event does besides being logged. */
interface Effects<A> {
  readonly count?: (tally: Tally, about: A) => void;
  /** Returns true if the access log has a line about it, so that the log needs none. */
  readonly access?: (log: AccessLog, about: A) => boolean;
}

/** What happens to an event: it is logged, unless it has no words, and may be counted and noted in the access log. */
export type Fact<A> = (Words<A> | { readonly level: "unlogged" }) & Effects<A>;
