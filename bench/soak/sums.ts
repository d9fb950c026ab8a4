import type { Station } from "./station.ts";

/** What the metrics of a proxy at rest say, beside what its clients and its upstream have counted. */
export interface Sums {
  /** Clients, less those that the metrics know: each is served, failed or rejected, also one that resets at once. */
  readonly clients: number;
  /** Connections that the upstream took, beyond those passed through and the fetches and retries that the metrics know. */
  readonly unknownFetches: number;
}

/** Scrapes the proxy of a station at rest. */
export async function sumsOf({ proxy, upstream, manners }: Station): Promise<Sums> {
  const response = await fetch(`http://${await proxy.metrics}/metrics`);
  const samples = (await response.text()).split("\n").filter((line) => !line.startsWith("#"));
  const sum = (name: string) =>
    samples.reduce(
      (total, line) => (line.startsWith(`${name}{`) ? total + Number(line.split(" ").at(-1)) : total),
      0,
    );
  const known =
    sum("poetry_requests_total") +
    sum("poetry_requests_failed_total") +
    sum("poetry_client_connections_rejected_total");
  const fetches = sum("poetry_fetches_total") + sum("poetry_fetch_retries_total");
  return {
    clients: manners.total - known,
    unknownFetches: Math.max(0, upstream.tally.total - upstream.passed - fetches),
  };
}
