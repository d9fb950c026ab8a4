import type { Figures } from "../../services/figures.ts";
import type { Histogram } from "./histogram.ts";
import type { UpstreamTally } from "./tally.ts";
import type { Sight, Watched, WatchedStore } from "./watched.ts";

/** What a family has to say: a number, one for each value of its own label, or a histogram. Absent: no series. */
export type Reading = number | boolean | Readonly<Record<string, number>> | Histogram | undefined;

/** What the rows of services read. */
export interface ServiceSubject {
  readonly tally: Watched["tally"];
  readonly now: Figures;
}

/** What the rows of upstreams read. */
export interface UpstreamSubject {
  readonly tally: Readonly<UpstreamTally>;
  readonly isHeld: boolean;
}

interface Row<Of extends string, Subject> {
  readonly of: Of;
  readonly type: "counter" | "gauge" | "histogram";
  /** The label beside those that say what it is about. */
  readonly by?: string;
  /** Facts about the process that are labels. */
  readonly labels?: readonly ("version" | "revision" | "bun")[];
  readonly help: string;
  readonly read: (subject: Subject) => Reading;
}

/** A family of series: what it is about decides its first labels. */
export type Family =
  | Row<"process", Sight>
  | Row<"service", ServiceSubject>
  | Row<"upstream", UpstreamSubject>
  | Row<"store", WatchedStore>;

/** The labels that say what a family is about. */
export const SUBJECT_LABELS = {
  process: [],
  service: ["service"],
  upstream: ["service", "upstream"],
  store: ["store"],
} as const;
