import type { Figures } from "../../services/figures.ts";
import type { Histogram } from "./histogram.ts";
import type { UpstreamTally } from "./tally.ts";
import type { Sight, Watched, WatchedStore } from "./watched.ts";

/** The value of a metric: a number, a number for each value of its own label, or a histogram; undefined: no series. */
export type Reading = number | boolean | Readonly<Record<string, number>> | Histogram | undefined;

/** What rows about a service read. */
export interface ServiceSubject {
  readonly tally: Watched["tally"];
  readonly now: Figures;
}

/** What rows about an upstream read. */
export interface UpstreamSubject {
  readonly tally: Readonly<UpstreamTally>;
  readonly isHeld: boolean;
}

/** One metric, under its name in METRICS. */
interface Row<Of extends string, Subject> {
  readonly of: Of;
  readonly type: "counter" | "gauge" | "histogram";
  /** The name of its own label, besides those that name its subject. */
  readonly by?: string;
  /** Facts about the process that it has as labels. */
  readonly labels?: readonly ("version" | "revision" | "bun")[];
  /** A sentence for scrapes and docs/metrics.md. */
  readonly help: string;
  readonly read: (subject: Subject) => Reading;
}

/** A family of series, as Prometheus calls a metric. What it is about (`of`) determines its first labels. */
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
