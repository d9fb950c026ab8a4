import { formatAddress, type Address } from "../../net/address.ts";
import type { Ending, EndsConnection } from "../../net/ending.ts";

interface FailureRow {
  /** How those who waited are ended. */
  readonly ending: Ending;
  /** Whether a second attempt may get past it. */
  readonly isRetryable: boolean;
}

/** Every way a fetch gives no whole answer: one word, to branch on and to count by. */
export const FETCH_FAILURES = {
  dns: { ending: "upstream/connect/dns", isRetryable: false },
  refused: { ending: "upstream/connect/refused", isRetryable: true },
  connect_timeout: { ending: "upstream/connect/timeout", isRetryable: true },
  tls: { ending: "upstream/connect/tls", isRetryable: true },
  first_byte_timeout: { ending: "upstream/first_byte/timeout", isRetryable: true },
  idle_timeout: { ending: "upstream/data/timeout", isRetryable: true },
  total_timeout: { ending: "upstream/data/total", isRetryable: false },
  reset: { ending: "upstream/data/reset", isRetryable: true },
  truncated: { ending: "upstream/data/truncated", isRetryable: true },
  empty: { ending: "upstream/data/empty", isRetryable: true },
  too_large: { ending: "upstream/data/too_large", isRetryable: false },
  incomplete: { ending: "upstream/data/incomplete", isRetryable: true },
  malformed: { ending: "upstream/data/malformed", isRetryable: false },
  declined: { ending: "upstream/request/declined", isRetryable: false },
  overflow: { ending: "proxy/queue/overflow", isRetryable: false },
  cancelled: { ending: "proxy/fetch/cancelled", isRetryable: false },
  local: { ending: "proxy/connect/local", isRetryable: false },
} as const satisfies Readonly<Record<string, FailureRow>>;

export type FetchFailure = keyof typeof FETCH_FAILURES;

/** A fetch gave no whole answer. */
export class FetchError extends Error implements EndsConnection {
  override readonly name = "FetchError";
  /** The number of the fetch, once it has been told. */
  fetch: number | undefined = undefined;

  /** @param received bytes that came before it failed */
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
}
