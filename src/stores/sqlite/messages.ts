import type { StoreFault } from "../store-error.ts";
import type { Row } from "./sqlite-file.ts";

/**
 * Commands to the Worker. `open` comes first, and again after a failure. `drop` is batched, `remove` is done at once.
 */
export type Command =
  | { readonly does: "open"; readonly path: string; readonly maxBytes: number }
  | { readonly does: "get"; readonly service: string; readonly hash: Uint8Array }
  | ({ readonly does: "put" } & Row)
  | { readonly does: "drop"; readonly service: string; readonly hash: Uint8Array; readonly number: number }
  | { readonly does: "keys"; readonly service: string; readonly after: number; readonly limit: number }
  | { readonly does: "remove"; readonly service: string; readonly hash: Uint8Array; readonly number: number }
  | { readonly does: "removeAll"; readonly ids: readonly number[] }
  | { readonly does: "clear"; readonly service: string }
  /** Replied to once everything written before survives a crash of the machine. */
  | { readonly does: "sync" }
  | { readonly does: "figures" }
  | { readonly does: "close" };

/** The results of commands; those of `put` and `drop` come once they have been committed. */
export interface Results {
  /** Why the previous file was unusable and was removed; undefined: it was not. */
  readonly open: string | undefined;
  readonly get: Uint8Array | undefined;
  readonly put: undefined;
  readonly drop: undefined;
  readonly keys: readonly { readonly id: number; readonly key: string }[];
  readonly remove: number;
  readonly removeAll: number;
  readonly clear: number;
  readonly sync: undefined;
  readonly figures: { readonly entries: number; readonly bytes: number };
  readonly close: undefined;
}

/** A command, as it is sent to the Worker. */
export interface Asked {
  readonly id: number;
  readonly command: Command;
}

/** The Worker's reply to the command with that id. */
export type Answered =
  | { readonly id: number; readonly result: Results[keyof Results] }
  | { readonly id: number; readonly error: WorkerError };

/** A failure in the Worker. */
export interface WorkerError {
  readonly message: string;
  /** SQLite's or the system's name for it. */
  readonly code: string;
  /** Set if a retry would not help. */
  readonly fault?: StoreFault;
}
