import type { Station } from "./station.ts";

/** What the metrics of a proxy at rest say, beside what its clients, its access log and its upstream have counted. */
export interface Sums {
  /** Clients, less those that the metrics know: each is served, failed or rejected, also one that resets at once. */
  readonly clients: number;
  /** Clients, less the lines of the access log. */
  readonly lines: number;
  /** Bytes sent, by the metrics, less those of all lines. */
  readonly bytes: number;
  /** Clients that have read another number of bytes than their line says. */
  readonly differing: number;
  /** Clients that were compared with their line. */
  readonly compared: number;
  /** Fetches, and attempts beyond the first of each, by the metrics, less those of the access log. */
  readonly fetches: number;
  readonly retries: number;
  /**
   * Connections that the upstream took, less the attempts; only what it took beyond them where it stops listening now and then,
   * or where requests are passed through.
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

  /** All series of a family together. */
  sum(name: string): number {
    const samples = this.#samples.filter((line) => line.startsWith(`${name}{`));
    return samples.reduce((total, line) => total + Number(line.split(" ").at(-1)), 0);
  }
}

/** @param scrape of the proxy at rest; its log has been read to the end since */
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
