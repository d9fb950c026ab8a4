import type { Figures } from "../../services/figures.ts";
import type { Histogram } from "./histogram.ts";
import type { UpstreamTally } from "./tally.ts";
import type { Sight, Watched, WatchedStore } from "./watched.ts";

/** The value of a family: a number, a number for each value of its own label, or a histogram. Absent: no series. */
export type Reading = number | boolean | Readonly<Record<string, number>> | Histogram | undefined;

/** The input of rows about services. */
export interface ServiceSubject {
  readonly tally: Watched["tally"];
  readonly now: Figures;
}

/** The input of rows about upstreams. */
export interface UpstreamSubject {
  readonly tally: Readonly<UpstreamTally>;
  readonly isHeld: boolean;
}

interface Row<Of extends string, Subject> {
  readonly of: Of;
  readonly type: "counter" | "gauge" | "histogram";
  /** Its own label, besides those that name its subject. */
  readonly by?: string;
  /** Facts about the process that are labels. */
  readonly labels?: readonly ("version" | "revision" | "bun")[];
  readonly help: string;
  readonly read: (subject: Subject) => Reading;
}

/** A family of series: its subject determines its first labels. */
export type Family =
  | Row<"process", Sight>
  | Row<"service", ServiceSubject>
  | Row<"upstream", UpstreamSubject>
  | Row<"store", WatchedStore>;

/** The labels that name the subject of a family. */
export const SUBJECT_LABELS = {
  process: [],
  service: ["service"],
  upstream: ["service", "upstream"],
  store: ["store"],
} as const;
