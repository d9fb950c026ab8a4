import type { Station } from "./station.ts";

/** The metrics of a proxy at rest, compared with the counts of its clients, its access log and its upstream. */
export interface Sums {
  /** Clients minus those in the metrics: each is served, failed or rejected, even one that resets at once. */
  readonly clients: number;
  /** Clients minus lines of the access log. */
  readonly lines: number;
  /** Bytes sent according to the metrics, minus those of all lines. */
  readonly bytes: number;
  /** Clients that read another number of bytes than their line says. */
  readonly differing: number;
  /** Clients that were compared with their line. */
  readonly compared: number;
  /** Fetches according to the metrics, minus those of the access log; the same for attempts after the first. */
  readonly fetches: number;
  readonly retries: number;
  /**
   * Connections that the upstream accepted, minus the attempts. Only the excess counts where it stops listening now and
   * then, or where requests are piped.
   */
  readonly connections: number;
}

/** The metrics of a proxy. */
export class Scrape {
  readonly #samples: readonly string[];

  private constructor(text: string) {
    this.#samples = text.split("\n").filter((line) => !line.startsWith("#"));
  }

  static async of(address: string): Promise<Scrape> {
    const response = await fetch(`http://${address}/metrics`);
    return new Scrape(await response.text());
  }

  /** The sum of all series of a family. */
  sum(name: string): number {
    const samples = this.#samples.filter((line) => line.startsWith(`${name}{`));
    return samples.reduce((total, line) => total + Number(line.split(" ").at(-1)), 0);
  }
}

/** @param scrape taken from the proxy at rest; its log has been read to the end since */
export function sumsOf({ mode, upstream, manners, ledger }: Station, scrape: Scrape): Sums {
  const known =
    scrape.sum("poetry_requests_total") +
    scrape.sum("poetry_requests_failed_total") +
    scrape.sum("poetry_client_connections_rejected_total");
  const { taken, passed, tally } = upstream;
  const connections = (mode.shared ? tally.total - passed : taken) - ledger.attempts;
  return {
    clients: manners.total - known,
    lines: manners.total - ledger.lines,
    bytes: scrape.sum("poetry_sent_bytes_total") - ledger.bytesOut,
    differing: ledger.differing.length,
    compared: ledger.compared,
    fetches: scrape.sum("poetry_fetches_total") - ledger.fetches,
    retries: scrape.sum("poetry_fetch_retries_total") - ledger.retries,
    connections: mode.vanishes || mode.shared ? Math.max(0, connections) : connections,
  };
}
