import ms from "ms";
import type { Clock, DelayedCall } from "../../time/clock.ts";
import { CancelledError, Failure, TimeoutError, type Deferred } from "../../deferred/mod.ts";
import type { Address } from "../../net/address.ts";
import { connect, type Connect } from "../../net/connect.ts";
import { ConnectError, NotClosedError } from "../../net/errors.ts";
import type { Transport } from "../../net/transport.ts";
import { FrameError, type FrameFault } from "../../protocols/frame.ts";
import { unmetered, type Meter } from "../../protocols/buffers/meter.ts";
import { Brake } from "../brake.ts";
import type { Observer } from "../observer.ts";
import type { Announce } from "../announced.ts";
import type { AnswerOptions } from "./answer-rules.ts";
import { FetchError, type FetchFailure } from "./errors.ts";
import type { FetchEvents } from "./events.ts";
import type { Step } from "./layer.ts";
import { whichOf } from "./record.ts";
import { OneShotReader, TooLongError, TruncatedError, type Sink } from "../../protocols/one-shot.ts";

/** Limits of a fetch in milliseconds; 0 = no limit. */
export interface FetchTimeouts {
  readonly connect: number;
  /** From connecting to the first byte. */
  readonly firstByte: number;
  /** From one byte to the next. */
  readonly idle: number;
  /** For the whole fetch. */
  readonly total: number;
}

/** The timeouts of a fetch, unless set otherwise. */
export const DEFAULT_TIMEOUTS: FetchTimeouts = {
  connect: 5_000,
  firstByte: 30_000,
  idle: 30_000,
  total: 600_000,
};

/** No timeout but one for the whole fetch; 0 = none at all. */
export function onlyTotal(total: number): FetchTimeouts {
  return { connect: 0, firstByte: 0, idle: 0, total };
}

/** No byte arrived for `length` milliseconds. */
class SilenceError extends Error {
  constructor(
    readonly reason: "first_byte_timeout" | "idle_timeout",
    readonly length: number,
  ) {
    super(reason);
  }
}

/** Options of trip(). */
export interface TripOptions<R> {
  readonly clock: Clock;
  readonly timeouts: FetchTimeouts;
  readonly sink: Sink<R>;
  /** Where to connect; default: to the upstream, trying all addresses of its name. */
  readonly address?: Address | undefined;
  /** Called after a bug in reading the answer. */
  readonly protocolFailed: (error: unknown) => void;
  /** The literal address of this machine to connect from; absent: chosen by the system. */
  readonly source?: string | undefined;
  /** The bytes to send once connected; default: none. */
  readonly request?: Uint8Array | undefined;
  /** Whether to half-close after the request: some services wait for that. */
  readonly endsInput?: boolean;
  /** Whether an empty answer is accepted. By default it is a failure, because overload looks like that. */
  readonly acceptsEmpty?: boolean;
  /** Default: connect() of net. */
  readonly connect?: Connect | undefined;
  /** Called once connected. */
  readonly connected?: (transport: Transport) => void;
  /** Called at the first byte. */
  readonly began?: () => void;
}

/**
 * One connection to an upstream: connects, sends the request, reads to the end, and fires with the result of the sink.
 * Fails with FetchError if there is no complete answer. Cancelling resets the connection.
 */
export function trip<R>(upstream: Address, options: TripOptions<R>): Deferred<R> {
  const { clock, timeouts, address = upstream } = options;
  let silence: DelayedCall | undefined;
  let connection: Transport | undefined;
  let hasBegun = false;
  const reader = new OneShotReader(options.sink, () => {
    if (!hasBegun) options.began?.();
    hasBegun = true;
    expectBytes("idle_timeout", timeouts.idle);
  });

  const dial = options.connect ?? connect;
  const { protocolFailed, source } = options;
  const dialling = { clock, protocolFailed, source, timeout: timeouts.connect, asked: upstream };
  const fetched = dial(address, reader, dialling).addCallback((transport) => {
    connection = transport;
    expectBytes("first_byte_timeout", timeouts.firstByte);
    options.connected?.(transport);
    if (options.request) transport.write(options.request);
    if (options.endsInput) transport.closeOutput();
    return reader.answer;
  });
  return (timeouts.total === 0 ? fetched : fetched.addTimeout(timeouts.total, clock)).addBoth((outcome) => {
    silence?.cancel();
    reader.answer.cancel(); // Has no effect on an answer that arrived; needed if an earlier step failed.
    const which = whichOf({ upstream, address });
    const failed = (reason: FetchFailure, detail: string) =>
      new FetchError(upstream, reason, reader.received, which + detail);
    if (outcome instanceof Failure) throw toFetchError(outcome, reader.received, failed);
    if (reader.received === 0 && !options.acceptsEmpty)
      throw failed("empty", "the answer was empty (0 bytes)");
    if (reader.isTlsAlert) throw failed("tls", "it expects TLS: its answer is a TLS alert");
    return outcome;
  });

  function expectBytes(reason: SilenceError["reason"], timeout: number): void {
    silence?.cancel();
    silence =
      timeout === 0
        ? undefined
        : clock.callLater(timeout, () => {
            // Paused by us because of a slow reader: its silence is not the upstream's fault.
            if (connection?.isPaused) expectBytes(reason, timeout);
            else reader.fail(new SilenceError(reason, timeout));
          });
  }
}

/** What every trip of a proxy has in common. */
export interface TripSurroundings {
  readonly clock: Clock;
  readonly observer: Observer<Pick<FetchEvents, "connected" | "bug">>;
  readonly answers: Pick<AnswerOptions, "maxAnswer" | "acceptsEmpty">;
  readonly timeouts: FetchTimeouts;
  readonly announce: Announce;
  /** Makes the reader of an answer of at most `maxAnswer` bytes, unless it is streamed. */
  readonly sink: (maxAnswer: number, meter: Meter) => Sink<Uint8Array>;
  readonly source?: string | undefined;
  readonly connect?: Connect | undefined;
}

/** The innermost stage of a fetch: one trip to the upstream that its record names. */
export function tripTo(surroundings: TripSurroundings): Step {
  const { clock, observer, answers, timeouts, announce, sink, source, connect: dial } = surroundings;
  return (record) => {
    const { upstream, address, request, wish, live, deadline, connectWithin, delivery } = record;
    const start = clock.now();
    const meter = delivery ?? unmetered;
    const total = deadline === Infinity ? 0 : Math.max(1, deadline - start); // 0: no limit.
    record.connectMs = undefined;
    return trip(upstream, {
      clock,
      connect: dial,
      source,
      address,
      timeouts: { ...timeouts, connect: connectWithin, total },
      sink: live ?? sink(answers.maxAnswer, meter),
      acceptsEmpty: answers.acceptsEmpty,
      request: announce(request.bytes, wish.route),
      endsInput: !request.isTerminated, // As the client half-closed to end its request.
      connected: (transport) => {
        const brake = new Brake(transport);
        live?.setSource(brake.handle(), meter);
        delivery?.setSource(brake.handle());
        record.connectMs = clock.now() - start;
        observer.connected(record);
      },
      began: () => void (record.firstByteMs = clock.now() - start),
      protocolFailed: (error) => observer.bug(error),
    });
  };
}

const CONNECT_REASONS = {
  dns: "dns",
  refused: "refused",
  reset: "reset",
  timeout: "connect_timeout",
  tls: "tls",
  local: "local",
  exhausted: "exhausted",
} as const satisfies Record<ConnectError["reason"], FetchFailure>;

/** How an answer can fail to be exactly one frame. */
const FRAME_REASONS = {
  too_long: "too_large",
  malformed: "malformed",
  incomplete: "incomplete",
} as const satisfies Record<FrameFault, FetchFailure>;

/** Converts a failure to connect to an address of an upstream to a FetchError. */
export function connectError(failure: Failure, asked: { upstream: Address; address: Address }): Error {
  const which = whichOf(asked);
  return toFetchError(
    failure,
    0,
    (reason, detail) => new FetchError(asked.upstream, reason, 0, which + detail),
  );
}

/** Converts a failure to an error made by `failed`; bugs and cancellations are returned unchanged. */
function toFetchError(
  failure: Failure,
  received: number,
  failed: (reason: FetchFailure, detail: string) => FetchError,
): Error {
  const { value } = failure;
  const after = `after ${received} bytes`;
  if (value instanceof ConnectError) return failed(CONNECT_REASONS[value.reason], value.detail);
  if (value instanceof SilenceError) return failed(value.reason, `no data for ${ms(value.length)} ${after}`);
  if (value instanceof TimeoutError)
    return failed("total_timeout", `not finished within ${ms(value.ms)}, ${after}`);
  if (value instanceof TruncatedError)
    return failed(value.cause instanceof NotClosedError ? "truncated" : "reset", `${value.message} ${after}`);
  if (value instanceof TooLongError) return failed("too_large", value.message);
  if (value instanceof FrameError)
    return failed(received === 0 ? "declined" : FRAME_REASONS[value.fault], value.message);
  if (value instanceof CancelledError) return value;
  return value as Error; // A bug, or thrown by the sink.
}
