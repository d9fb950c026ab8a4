import { BOUNDS, Histogram } from "./histogram.ts";
import { METRICS } from "./metrics.ts";
import type { Family, Reading, ServiceSubject, UpstreamSubject } from "./family.ts";
import { UNASKED } from "./tally.ts";
import { upstreamsNow, type Sight } from "./watched.ts";

/** The media type of what `exposition` writes. */
export const EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** What a family is about, with the labels that name it as text: `service="main"`. */
interface Labelled<S> {
  readonly subject: S;
  readonly labels: string;
}

/** All metrics in Prometheus' text format, one family at a time, because with many services the text is long. */
export function* exposition(sight: Sight): Generator<string> {
  const services = sight.services.map((service): Labelled<ServiceSubject> => ({
    subject: { tally: service.tally, now: service.figures() },
    labels: label("service", service.name),
  }));
  const upstreams = services.flatMap(upstreamsOf);
  for (const [name, family] of Object.entries(METRICS))
    yield text(name, family, samplesOf(name, family, sight, services, upstreams));
}

function samplesOf(
  name: string,
  family: Family,
  sight: Sight,
  services: readonly Labelled<ServiceSubject>[],
  upstreams: readonly Labelled<UpstreamSubject>[],
): string {
  if (family.of === "process") {
    const labels = (family.labels ?? []).map((each) => label(each, sight.vitals[each])).join(",");
    return samples(name, labels, family.by, family.read(sight));
  }
  if (family.of === "service")
    return services
      .map(({ labels, subject }) => samples(name, labels, family.by, family.read(subject)))
      .join("");
  if (family.of === "store")
    return sight.stores
      .map((store) => samples(name, label("store", store.kind), family.by, family.read(store)))
      .join("");
  return upstreams
    .map(({ labels, subject }) => samples(name, labels, family.by, family.read(subject)))
    .join("");
}

/** The upstreams in use now; counts of removed ones are not exposed. */
function upstreamsOf({ subject, labels }: Labelled<ServiceSubject>): Labelled<UpstreamSubject>[] {
  const { tally, now } = subject;
  return Array.from(upstreamsNow(now.upstreams ?? []), ([name, { held }]) => ({
    subject: { tally: tally.upstreams.get(name) ?? UNASKED, isHeld: held !== undefined },
    labels: `${labels},${label("upstream", name)}`,
  }));
}

/** The head of a family and its samples; nothing without samples. */
function text(name: string, { help, type }: Family, lines: string): string {
  return lines === "" ? "" : `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines}`;
}

/** The lines of one reading. Runs for every series, so it builds strings directly. */
function samples(name: string, labels: string, by: string | undefined, reading: Reading): string {
  if (reading === undefined) return "";
  if (reading instanceof Histogram) return buckets(name, labels, reading);
  const braced = labels === "" ? "" : `{${labels}}`;
  if (typeof reading !== "object") return `${name}${braced} ${number(Number(reading))}\n`;
  const front = `${name}{${labels}${labels === "" ? "" : ","}${by ?? ""}="`;
  let lines = "";
  for (const value in reading) lines += `${front}${value}"} ${number(reading[value] as number)}\n`;
  return lines;
}

/** A histogram; its buckets are cumulative in this format. */
function buckets(name: string, labels: string, { counts, sum }: Histogram): string {
  let lines = "";
  let count = 0;
  counts.forEach((each, index) => {
    count += each;
    lines += `${name}_bucket{${labels},le="${BOUNDS[index] ?? "+Inf"}"} ${count}\n`;
  });
  return `${lines}${name}_sum{${labels}} ${sum}\n${name}_count{${labels}} ${count}\n`;
}

function number(value: number): string {
  return value === Infinity ? "+Inf" : String(value);
}

/** A label, with its value escaped. */
function label(name: string, value: string): string {
  return `${name}="${value.replace(/[\\"\n]/g, (char) => (char === "\n" ? "\\n" : `\\${char}`))}"`;
}
