import { formatAddress, type Address } from "../../net/address.ts";
import type { Ending, EndsConnection } from "../../net/ending.ts";

interface FailureRow {
  /** How the connections of its waiters end. */
  readonly ending: Ending;
  /** Whether a second attempt may get past it. */
  readonly isRetryable: boolean;
  /**
   * What it says about the address. `fails`: it is down or hangs for any request; `reached`: it is up, but this request
   * failed; `local`: this machine cannot reach it for now. Absent: nothing.
   */
  readonly address?: "fails" | "reached" | "local";
}

/** Every way a fetch can fail. The keys are what code branches on and metrics count by. */
export const FETCH_FAILURES = {
  held: { ending: "upstream/connect/held", isRetryable: false },
  dns: { ending: "upstream/connect/dns", isRetryable: false },
  refused: { ending: "upstream/connect/refused", isRetryable: true, address: "fails" },
  connect_timeout: { ending: "upstream/connect/timeout", isRetryable: true, address: "fails" },
  tls: { ending: "upstream/connect/tls", isRetryable: true, address: "fails" },
  first_byte_timeout: { ending: "upstream/first_byte/timeout", isRetryable: true, address: "fails" },
  idle_timeout: { ending: "upstream/data/timeout", isRetryable: true, address: "reached" },
  total_timeout: { ending: "upstream/data/total", isRetryable: false },
  reset: { ending: "upstream/data/reset", isRetryable: true, address: "reached" },
  truncated: { ending: "upstream/data/truncated", isRetryable: true, address: "reached" },
  empty: { ending: "upstream/data/empty", isRetryable: true, address: "reached" },
  too_large: { ending: "upstream/data/too_large", isRetryable: false, address: "reached" },
  incomplete: { ending: "upstream/data/incomplete", isRetryable: true, address: "reached" },
  malformed: { ending: "upstream/data/malformed", isRetryable: false, address: "reached" },
  declined: { ending: "upstream/request/declined", isRetryable: false, address: "reached" },
  refusal: { ending: "upstream/data/refusal", isRetryable: true },
  overflow: { ending: "proxy/queue/overflow", isRetryable: false },
  late: { ending: "proxy/queue/timeout", isRetryable: false },
  memory: { ending: "proxy/request/memory", isRetryable: false },
  cancelled: { ending: "proxy/fetch/cancelled", isRetryable: false },
  local: { ending: "proxy/connect/local", isRetryable: false, address: "local" },
  exhausted: { ending: "proxy/connect/local", isRetryable: false },
} as const satisfies Readonly<Record<string, FailureRow>>;

/** Why a fetch failed, in one word. */
export type FetchFailure = keyof typeof FETCH_FAILURES;

/** A fetch that yielded no complete answer. */
export class FetchError extends Error implements EndsConnection {
  override readonly name = "FetchError";
  /** The number of the fetch, once it has been reported. */
  fetch: number | undefined = undefined;
  /** Whether an earlier fetch failed this way and no upstream was asked this time. */
  isRepeated = false;

  /** @param received bytes received before it failed */
  constructor(
    readonly upstream: Address,
    readonly reason: FetchFailure,
    readonly received: number,
    readonly detail: string,
  ) {
    super(`Cannot fetch from ${formatAddress(upstream)}: ${detail}`);
  }

  get ending(): Ending {
    return FETCH_FAILURES[this.reason].ending;
  }

  /** Whether a second attempt may get past it. */
  get isRetryable(): boolean {
    return FETCH_FAILURES[this.reason].isRetryable;
  }

  /** What it says about the address; see FETCH_FAILURES. */
  get tells(): FailureRow["address"] {
    const row: FailureRow = FETCH_FAILURES[this.reason];
    return row.address;
  }
}
