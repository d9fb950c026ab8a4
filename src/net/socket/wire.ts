import type { Sink } from "./outbox.ts";

/** The socket of a connection, as it is used: one of Bun's, or one that speaks TLS. */
export interface Wire extends Sink {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  shutdown(): void;
  terminate(): void;
  end(): void;
  pause(): void;
  resume(): void;
}

/** The receiver of the events of a socket: its `data`. */
export interface SocketEvents {
  received(bytes: Uint8Array): void;
  ended(): void;
  writable(): void;
  closed(error: Error | undefined): void;
  fail(error: unknown): void;
}
