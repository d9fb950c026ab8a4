import type { Ending } from "../ending.ts";
import { ConnectionLostError, describeSystemError } from "../errors.ts";
import type { Transport } from "../transport.ts";

/**
 * The phase of a connection. `closing`: our FIN waits for unsent bytes; `lingering`: it was sent, the peer's has not
 * come.
 */
export type Phase = "open" | "closing" | "lingering" | "aborted" | "lost";

/** The ending of a visit whose peer left before the kernel had its complete answer. */
export function endingOf(phase: Phase, { bytesOut, status }: Pick<Transport, "bytesOut" | "status">): Ending {
  if (bytesOut > 0 || phase === "closing") return "client/data/reset";
  if (status === "check") return "client/header/check";
  return status === undefined ? "client/request/left" : "client/wait/left";
}

/** The error for a protocol whose connection has ended; undefined after a clean end. */
export function lossOf(phase: Phase, writeFailed: boolean, error?: Error): ConnectionLostError | undefined {
  if (phase === "aborted") return new ConnectionLostError(true, "aborted");
  if (phase === "lingering") return undefined; // Everything was sent: how the peer hangs up does not matter.
  if (writeFailed) return new ConnectionLostError(false, "connection reset");
  return error && new ConnectionLostError(false, describeSystemError(error));
}
