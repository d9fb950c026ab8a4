import type { Socket, SocketHandler } from "bun";
import type { Address } from "../../src/net/address.ts";
import { ClientTls, type ClientIdentity } from "../../src/net/tls/client-tls.ts";
import { connectTls } from "../../src/net/tls/connect-tls.ts";
import type { Transport } from "../../src/net/transport.ts";
import { systemClock as clock } from "../../src/time/clock.ts";

/** What a test may do with the socket of a client. */
type ClientSocket = Pick<
  Socket,
  "write" | "shutdown" | "end" | "terminate" | "pause" | "resume" | "setNoDelay"
>;

/**
 * Connects by TLS and calls the same handlers as Bun.connect(); but `end` is told only of an end that was said, and `close`
 * gets an error after any other.
 */
export function connectTlsSocket(address: Address, identity: ClientIdentity, handlers: SocketHandler): void {
  let socket: Socket | undefined;
  connectTls({ client: new ClientTls(identity), trustsFin: false })(
    address,
    {
      connectionMade: (transport) => {
        socket = socketOver(transport) as Socket;
        void handlers.open?.(socket);
      },
      dataReceived: (bytes) => void handlers.data?.(socket as Socket, Buffer.from(bytes)),
      inputEnded: () => void handlers.end?.(socket as Socket),
      connectionLost: (error) => void handlers.close?.(socket as Socket, error),
    },
    {
      clock,
      timeout: 0,
      protocolFailed: (bug) => {
        throw bug;
      },
    },
  ).addErrback(({ value }): never => {
    const error = value as Error;
    const wasReset = error.message.includes("connection reset"); // In the middle of the handshake.
    void handlers.connectError?.(
      undefined as never,
      Object.assign(error, wasReset && { code: "ECONNRESET" }),
    );
    return undefined as never;
  });
}

function socketOver(transport: Transport): ClientSocket {
  return {
    write: (bytes: string | Uint8Array) => {
      const sent = Buffer.from(bytes as string);
      transport.write(sent);
      return sent.length;
    },
    shutdown: () => transport.closeOutput(),
    end: () => {
      transport.close();
      return 0;
    },
    terminate: () => transport.abort("proxy/fetch/cancelled"),
    pause: () => transport.pauseReading(),
    resume: () => transport.resumeReading(),
    setNoDelay: () => true,
  };
}
