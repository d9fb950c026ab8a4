import type { RunningProgram } from "./program.ts";

/** The metrics of a process at one moment, in Prometheus text format. */
export class Scrape {
  /** The values, by series: `poetry_requests_total{service="main",cache="hit"}`. */
  readonly series: ReadonlyMap<string, number>;
  /** The types of the families, by name. */
  readonly types: ReadonlyMap<string, string>;
  /** Duplicate series. */
  readonly repeated: readonly string[];

  constructor(text: string) {
    const lines = text.split("\n").filter((line) => line !== "");
    const samples = lines
      .filter((line) => !line.startsWith("#"))
      .map((line): [string, number] => {
        const end = line.lastIndexOf(" ");
        return [line.slice(0, end), Number(line.slice(end + 1))];
      });
    this.series = new Map(samples);
    this.types = new Map(
      lines.flatMap((line) => {
        const [, name, type] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
        return name === undefined || type === undefined ? [] : [[name, type] as const];
      }),
    );
    const names = samples.map(([name]) => name);
    this.repeated = names.filter((name, index) => names.indexOf(name) !== index);
  }

  /** The sum of all series of a family whose labels begin like this. */
  sum(name: string, labels = ""): number {
    return Object.values(this.of(`${name}{${labels}`)).reduce((total, each) => total + each, 0);
  }

  /** The series that begin like this, with their values. */
  of(beginning: string): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.series].filter(([name]) => name.startsWith(beginning)));
  }

  /** The series of counters and histograms: they never go down. */
  counters(): ReadonlyMap<string, number> {
    return new Map(
      [...this.series].filter(([name]) => {
        const family = name.replace(/\{.*/, "");
        const type = this.types.get(family) ?? this.types.get(family.replace(/_(bucket|sum|count)$/, ""));
        return type === "counter" || type === "histogram";
      }),
    );
  }
}

/** Scrapes again and again until `isMeant`, because a client is counted at its end, which may come later. */
export async function scrapeUntil(
  program: RunningProgram,
  isMeant: (now: Scrape) => boolean,
): Promise<Scrape> {
  for (;;) {
    const now = await scrape(program);
    if (isMeant(now)) return now;
  }
}

/** Scrapes a program at the address that it logged. */
export async function scrape(program: RunningProgram): Promise<Scrape> {
  const line = await program.until((each) => each.includes("Serving metrics on "));
  const [url = ""] = /http:\S+\//.exec(line) ?? [];
  return new Scrape(await (await fetch(`${url}metrics`)).text());
}
