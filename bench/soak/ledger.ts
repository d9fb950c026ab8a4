import type { Outcome } from "./client.ts";

/** What a client has at the end of its visit. */
export interface Visited {
  readonly outcome: Outcome;
  /** Bytes that it read. */
  readonly received: number;
}

/** Compares what clients have read with what they were sent according to the access log, connection by connection. */
export class Ledger {
  /** The sum of the bytes in the lines of all clients. */
  bytesOut = 0;
  /** Clients that have a line. */
  lines = 0;
  /** Fetches that have a line; their attempts in total, and those after the first. */
  fetches = 0;
  attempts = 0;
  retries = 0;
  /** Clients of which both sides are known, and descriptions of those where they differ. */
  compared = 0;
  readonly differing: string[] = [];
  /** Visits whose line has not come yet, by the client's port. */
  readonly #visits = new Map<number, Visited>();
  /** Bytes in lines whose visit has not ended yet, by the client's port. */
  readonly #sent = new Map<number, number>();

  /** A client has connected. Nothing more will be known of an earlier one with the same port, which left too soon. */
  begins(port: number): void {
    this.#visits.delete(port);
    this.#sent.delete(port);
  }

  visited(port: number, visit: Visited): void {
    const sent = this.#sent.get(port);
    if (sent === undefined) this.#visits.set(port, visit);
    else this.#compare(port, visit, sent);
  }

  /**
   * The access log has a line for a client.
   *
   * @param port absent if the client left before its address could be read
   */
  logged(port: number | undefined, bytesOut: number): void {
    this.lines++;
    this.bytesOut += bytesOut;
    if (port === undefined) return;
    const visit = this.#visits.get(port);
    if (visit) this.#compare(port, visit, bytesOut);
    else this.#sent.set(port, bytesOut);
  }

  /** A fetch has ended. */
  fetched(attempts: number): void {
    this.fetches++;
    this.attempts += attempts;
    this.retries += Math.max(0, attempts - 1);
  }

  #compare(port: number, { outcome, received }: Visited, sent: number): void {
    this.begins(port);
    this.compared++;
    const hasAll = outcome === "whole" || outcome === "refusal"; // Others may have left some of it unread.
    if (hasAll ? received === sent : received <= sent) return;
    this.differing.push(
      `A client (${outcome}) read ${received} bytes, and is said to have been sent ${sent}.`,
    );
  }
}
