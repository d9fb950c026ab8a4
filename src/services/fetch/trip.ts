import ms from "ms";
import type { Clock, DelayedCall } from "../../time/clock.ts";
import { CancelledError, Failure, TimeoutError, type Deferred } from "../../deferred/mod.ts";
import { formatAddress, type Address } from "../../net/address.ts";
import { connect, type Connect } from "../../net/connect.ts";
import { ConnectError } from "../../net/errors.ts";
import type { Transport } from "../../net/transport.ts";
import { FrameError, type FrameFault } from "../../protocols/frame.ts";
import { OneShotReader, TooLongError, TruncatedError, type Sink } from "../../protocols/one-shot.ts";

/** How patient a fetch is, in milliseconds; 0 = no limit. */
export interface Patience {
  readonly connectTimeout: number;
  /** From the connection to the first byte. */
  readonly firstByteTimeout: number;
  /** From one byte to the next. */
  readonly idleTimeout: number;
  /** For all of it. */
  readonly totalTimeout: number;
}

export const DEFAULT_PATIENCE: Patience = {
  connectTimeout: 5_000,
  firstByteTimeout: 30_000,
  idleTimeout: 30_000,
  totalTimeout: 600_000,
};

/** Why a fetch gave no whole answer: one word, to branch on and to count by. */
export type FetchFailure =
  | "dns"
  | "refused"
  | "connect_timeout"
  | "first_byte_timeout"
  | "idle_timeout"
  | "total_timeout"
  | "reset"
  | "empty"
  | "too_large"
  | "incomplete"
  | "malformed"
  | "declined"
  | "overflow"
  | "cancelled"
  | "local";

/** A fetch gave no whole answer. */
export class FetchError extends Error {
  override readonly name = "FetchError";

  /** @param received bytes that came before it failed */
  constructor(
    readonly upstream: Address,
    readonly reason: FetchFailure,
    readonly received: number,
    readonly detail: string,
  ) {
    super(`Cannot fetch from ${formatAddress(upstream)}: ${detail}`);
  }
}

/** Nothing came for too long. */
class SilenceError extends Error {
  constructor(
    readonly reason: "first_byte_timeout" | "idle_timeout",
    readonly length: number,
  ) {
    super(reason);
  }
}

export interface FetchOptions<R> extends Patience {
  readonly clock: Clock;
  readonly sink: Sink<R>;
  /** Told of a bug in reading the answer. */
  readonly protocolFailed: (error: unknown) => void;
  /** What to send as soon as the connection is there; nothing by default. */
  readonly request?: Uint8Array | undefined;
  /** Whether our side ends behind the request: some services wait for that, and no other is told. */
  readonly endsInput?: boolean;
  /** Whether an answer of no bytes is one. By default it is not: that is how overload looks. */
  readonly acceptsEmpty?: boolean;
  /** Default: connect() of net. */
  readonly connect?: Connect | undefined;
  /** The connection is there. */
  readonly connected?: (transport: Transport) => void;
}

/**
 * One trip upstream: connects, reads until the end, and fires with what the sink made of the answer. Fails with
 * FetchError for every way not to get a whole one. Cancelling resets the connection.
 */
export function fetchAnswer<R>(upstream: Address, options: FetchOptions<R>): Deferred<R> {
  const { clock, totalTimeout } = options;
  let silence: DelayedCall | undefined;
  let connection: Transport | undefined;
  const reader = new OneShotReader(options.sink, () => expectBytes("idle_timeout", options.idleTimeout));

  const dial = options.connect ?? connect;
  const fetched = dial(upstream, reader, { ...options, timeout: options.connectTimeout }).addCallback(
    (transport) => {
      connection = transport;
      reader.connectionMade(transport);
      expectBytes("first_byte_timeout", options.firstByteTimeout);
      options.connected?.(transport);
      if (options.request) transport.write(options.request);
      if (options.endsInput) transport.closeOutput();
      return reader.answer;
    },
  );
  return (totalTimeout === 0 ? fetched : fetched.addTimeout(totalTimeout, clock)).addBoth((outcome) => {
    silence?.cancel();
    reader.answer.cancel(); // Unless it has come: what failed may have been the step before.
    if (outcome instanceof Failure) throw explain(outcome, upstream, reader.received);
    if (reader.received === 0 && !options.acceptsEmpty)
      throw new FetchError(upstream, "empty", 0, "the answer was empty (0 bytes)");
    return outcome;
  });

  function expectBytes(reason: SilenceError["reason"], timeout: number): void {
    silence?.cancel();
    silence =
      timeout === 0
        ? undefined
        : clock.callLater(timeout, () => {
            // It is us who do not listen, for the sake of a slow reader.
            if (connection?.isPaused) expectBytes(reason, timeout);
            else reader.fail(new SilenceError(reason, timeout));
          });
  }
}

const CONNECT_REASONS = {
  dns: "dns",
  refused: "refused",
  reset: "reset",
  timeout: "connect_timeout",
  local: "local",
} as const satisfies Record<ConnectError["reason"], FetchFailure>;

/** An answer that was to be one frame, and is not. */
const FRAME_REASONS = {
  too_long: "too_large",
  malformed: "malformed",
  incomplete: "incomplete",
} as const satisfies Record<FrameFault, FetchFailure>;

/** What went wrong on the way to `upstream`, as one kind of error. */
function explain(failure: Failure, upstream: Address, received: number): FetchError {
  const { value } = failure;
  const after = `after ${received} bytes`;
  const failed = (reason: FetchFailure, detail: string) => new FetchError(upstream, reason, received, detail);
  if (value instanceof ConnectError) return failed(CONNECT_REASONS[value.reason], value.detail);
  if (value instanceof SilenceError)
    return failed(value.reason, `nothing came for ${ms(value.length)} ${after}`);
  if (value instanceof TimeoutError)
    return failed("total_timeout", `not finished within ${ms(value.ms)}, ${after}`);
  if (value instanceof TruncatedError) return failed("reset", `${value.message} ${after}`);
  if (value instanceof TooLongError) return failed("too_large", value.message);
  if (value instanceof FrameError)
    return failed(received === 0 ? "declined" : FRAME_REASONS[value.fault], value.message);
  if (value instanceof CancelledError) return failed("cancelled", `cancelled ${after}`);
  return failed("local", `${failure.getErrorMessage()} ${after}`);
}
