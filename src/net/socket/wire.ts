import type { Sink } from "./outbox.ts";

/** What a connection needs of its socket, with or without TLS. */
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

/** Receives the events of a socket, as its `data`. */
export interface SocketEvents {
  received(bytes: Uint8Array): void;
  ended(): void;
  writable(): void;
  closed(error: Error | undefined): void;
  fail(error: unknown): void;
}
