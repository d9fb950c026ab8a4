import type { Address } from "../../src/net/address.ts";
import type { Visit } from "../../src/net/transport.ts";
import { FetchRecord, type FetchCause } from "../../src/services/fetch/record.ts";

/** A visit; by default one that has just begun. */
export function visitOf(rest: Partial<Visit> = {}): Visit {
  return {
    peer: { host: "10.0.0.7", port: 50123 },
    destination: { host: "10.0.0.1", port: 10000 },
    bytesOut: 0,
    bytesIn: 0,
    ending: undefined,
    isReset: false,
    number: undefined,
    arrivedAt: undefined,
    age: undefined,
    status: undefined,
    request: undefined,
    fetch: undefined,
    waitedMs: undefined,
    detail: undefined,
    ...rest,
  };
}

/** The record of fetch 7. */
export function recordOf(
  upstream: Address,
  rest: Partial<FetchRecord> = {},
  request = "",
  cause: FetchCause = "miss",
): FetchRecord {
  const frame = { bytes: Buffer.from(request), isTerminated: true };
  return Object.assign(new FetchRecord(7, frame, { cause, newerThan: 0 }, upstream), rest);
}
