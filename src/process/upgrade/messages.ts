import type { Inherited } from "../../net/inherited.ts";

/** The version of the protocol between the two processes of an upgrade. A process with another version is refused. */
export const PROTOCOL = "1";

/** The environment variable that tells a process to take over from its parent; its value is PROTOCOL. */
export const VARIABLE = "POETRY_UPGRADE";

/** An open port, as it is handed over. */
export interface LeftSocket extends Inherited {
  /** The key of its place in the roster, which is the same in both processes. */
  readonly key: string;
  /** Whether other processes may listen there, too. */
  readonly reusePort: boolean;
}

/** Messages of the old process. */
export type FromOld =
  /** The answer to "hello": the sockets, and the path of the control socket, if there is one. */
  | { readonly does: "leave"; readonly sockets: readonly LeftSocket[]; readonly control?: string | undefined }
  /** The answer to "take": the old process has closed the resources that only one can have. */
  | { readonly does: "given" }
  /** The answer to "ready": the old process accepts no more clients. */
  | { readonly does: "yours" };

/** Messages of the new process. */
export type FromNew =
  /** The new process is ready for messages. */
  | { readonly does: "hello"; readonly version: string }
  /** Its configuration is valid: it asks for the resources that only one process can have. */
  | { readonly does: "take" }
  /** It accepts clients. */
  | { readonly does: "ready" };

/** The kind of a message; undefined for anything that is not one. */
export function kindOf(message: unknown): string | undefined {
  const { does } = (message ?? {}) as { does?: unknown };
  return typeof does === "string" ? does : undefined;
}
