import type { Sink } from "./outbox.ts";

/** What a connection does with its socket: one of Bun's, or one that speaks TLS. */
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

/** Who is told what happens to a socket: its `data`. */
export interface SocketEvents {
  received(bytes: Uint8Array): void;
  ended(): void;
  writable(): void;
  closed(error: Error | undefined): void;
  fail(error: unknown): void;
}
