import type { Inherited } from "../../net/inherited.ts";

/** The version of what two processes say to each other in an upgrade. A process of another one is refused. */
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

/** What the old process says. */
export type FromOld =
  /** These sockets are yours as well; orders are taken at `control`, if anywhere. */
  | { readonly does: "leave"; readonly sockets: readonly LeftSocket[]; readonly control?: string | undefined }
  /** What only one process can have is closed here. */
  | { readonly does: "given" }
  /** You are the only one that lets clients in. */
  | { readonly does: "yours" };

/** What the new process says. */
export type FromNew =
  /** It can be talked to. */
  | { readonly does: "hello"; readonly version: string }
  /** Its configuration is good: it wants what only one process can have. */
  | { readonly does: "take" }
  /** It lets clients in. */
  | { readonly does: "ready" };

/** What a message does; undefined: it is none of ours. */
export function deedOf(message: unknown): string | undefined {
  const { does } = (message ?? {}) as { does?: unknown };
  return typeof does === "string" ? does : undefined;
}
