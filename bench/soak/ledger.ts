import type { Outcome } from "./client.ts";

/** What a client has after its visit. */
export interface Visited {
  readonly outcome: Outcome;
  /** Bytes that it read. */
  readonly received: number;
}

/** Compares what clients have read with what the access log says that they were sent, connection by connection. */
export class Ledger {
  /** Bytes that the lines of all clients add up to. */
  bytesOut = 0;
  /** Clients that have a line. */
  lines = 0;
  /** Fetches that have a line; how often they asked the upstream, and how often beyond the first time. */
  fetches = 0;
  attempts = 0;
  retries = 0;
  /** Clients of which both sides are known, and those of them where they differ. */
  compared = 0;
  readonly differing: string[] = [];
  /** Ends of which the other side is still to tell, by the client's port. */
  readonly #visits = new Map<number, Visited>();
  readonly #sent = new Map<number, number>();

  /** A client has connected: one that had the same port before will not be told of any more, as it was gone too soon. */
  begins(port: number): void {
    this.#visits.delete(port);
    this.#sent.delete(port);
  }

  visited(port: number, visit: Visited): void {
    const sent = this.#sent.get(port);
    if (sent === undefined) this.#visits.set(port, visit);
    else this.#compare(port, visit, sent);
  }

  /** @param port absent if the client was gone before anybody looked */
  told(port: number | undefined, bytesOut: number): void {
    this.lines++;
    this.bytesOut += bytesOut;
    if (port === undefined) return;
    const visit = this.#visits.get(port);
    if (visit) this.#compare(port, visit, bytesOut);
    else this.#sent.set(port, bytesOut);
  }

  /** A fetch is over. */
  fetched(attempts: number): void {
    this.fetches++;
    this.attempts += attempts;
    this.retries += Math.max(0, attempts - 1);
  }

  #compare(port: number, { outcome, received }: Visited, sent: number): void {
    this.begins(port);
    this.compared++;
    const hasAll = outcome === "whole" || outcome === "refusal"; // Others may have left some of it to the kernel.
    if (hasAll ? received === sent : received <= sent) return;
    this.differing.push(
      `A client (${outcome}) read ${received} bytes, and is said to have been sent ${sent}.`,
    );
  }
}
