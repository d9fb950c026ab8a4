import type { Inherited } from "../../net/inherited.ts";

/** The version of the protocol between two processes in an upgrade. Other versions are refused. */
export const PROTOCOL = "1";

/** Set to the PROTOCOL for a process that is to take over from the one that starts it. */
export const VARIABLE = "POETRY_UPGRADE";

/** An open port, as it is handed over. */
export interface LeftSocket extends Inherited {
  /** Where it listens, as both processes write it. */
  readonly key: string;
  /** Whether others may listen there, too. */
  readonly reusePort: boolean;
}

/** Messages of the old process. */
export type FromOld =
  /** The sockets that are shared; orders are taken at `control`, if anywhere. */
  | { readonly does: "leave"; readonly sockets: readonly LeftSocket[]; readonly control?: string | undefined }
  /** The old process has closed the resources that only one can have. */
  | { readonly does: "given" }
  /** The old process accepts no more clients. */
  | { readonly does: "yours" };

/** Messages of the new process. */
export type FromNew =
  /** It is ready for messages. */
  | { readonly does: "hello"; readonly version: string }
  /** Its configuration is valid: it asks for the resources that only one process can have. */
  | { readonly does: "take" }
  /** It accepts clients. */
  | { readonly does: "ready" };

/** The kind of a message; undefined if it is not one of ours. */
export function deedOf(message: unknown): string | undefined {
  const { does } = (message ?? {}) as { does?: unknown };
  return typeof does === "string" ? does : undefined;
}
