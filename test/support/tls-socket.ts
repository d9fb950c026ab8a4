import type { Socket, SocketHandler } from "bun";
import type { Address } from "../../src/net/address.ts";
import { connect, type Connect } from "../../src/net/connect.ts";
import { ClientTls, type ClientIdentity } from "../../src/net/tls/client-tls.ts";
import { connectTls } from "../../src/net/tls/connect-tls.ts";
import type { Transport } from "../../src/net/transport.ts";
import { systemClock as clock } from "../../src/time/clock.ts";

/** What tests need of a client's socket. */
type ClientSocket = Pick<
  Socket,
  "write" | "shutdown" | "end" | "terminate" | "pause" | "resume" | "setNoDelay"
>;

/** How a client uses TLS, and what it sends unencrypted before that. */
export interface TestIdentity extends ClientIdentity {
  readonly header?: Uint8Array | undefined;
}

/**
 * Connects by TLS and calls the same handlers as Bun.connect(), except that `end` is called only after a close_notify,
 * and `close` gets an error after any other end.
 */
export function connectTlsSocket(address: Address, identity: TestIdentity, handlers: SocketHandler): void {
  let socket: Socket | undefined;
  connectTls({ client: new ClientTls(identity), trustsFin: false }, saying(identity.header))(
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
    const wasReset = error.message.includes("connection reset"); // In mid-handshake.
    void handlers.connectError?.(
      undefined as never,
      Object.assign(error, wasReset && { code: "ECONNRESET" }),
    );
    return undefined as never;
  });
}

/** Like connect(), but sends `header` before the first bytes, in one piece with them. */
function saying(header: Uint8Array = Buffer.alloc(0)): Connect {
  return (address, protocol, options) => {
    const made = protocol.connectionMade?.bind(protocol);
    protocol.connectionMade = (transport) => {
      const write = transport.write.bind(transport);
      transport.write = (bytes) => {
        transport.write = write;
        write(new Uint8Array(Buffer.concat([header, bytes])));
      };
      made?.(transport);
    };
    return connect(address, protocol, options);
  };
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
