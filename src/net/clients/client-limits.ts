/** Limits for a client; times in milliseconds, 0 = no limit. */
export interface ClientLimits {
  /** How long it may read nothing of its answer. */
  readonly sendTimeout: number;
  /** How long it may take to read all of its answer. */
  readonly sendTotal: number;
  /** How long it may keep its side open after our FIN. */
  readonly linger: number;
  /** Bytes that the kernel may hold for it (SO_SNDBUF; Linux doubles the value); absent: up to a few MB. */
  readonly sendBuffer?: number | undefined;
}

/** The limits of a client, unless set otherwise. */
export const CLIENT_LIMITS: ClientLimits = { sendTimeout: 60_000, sendTotal: 600_000, linger: 2_000 };
