import { TimeoutError } from "../../deferred/mod.ts";
import { isUnix, type Address } from "../address.ts";
import { connect, type Connect } from "../connect.ts";
import { ConnectError } from "../errors.ts";
import { ClientSession, HandshakeError } from "./client-session.ts";
import type { ClientTls } from "./client-tls.ts";

/** TLS for connections to servers. */
export interface ConnectTls {
  readonly client: ClientTls;
  /** Whether a FIN without close_notify counts as a clean end. */
  readonly trustsFin: boolean;
}

/** connect() with TLS: `protocol` is connected once the server has been verified, within the same time limit. */
export function connectTls({ client, trustsFin }: ConnectTls, below: Connect = connect): Connect {
  return (address, protocol, options) => {
    const { clock, timeout, asked = address } = options;
    const start = clock.now();
    const session = new ClientSession(protocol, { tls: client, host: hostOf(asked), trustsFin, clock });
    return below(address, session, options).addCallback(() => {
      const begun = clock.now();
      const secured =
        timeout === 0
          ? session.secured
          : session.secured.addTimeout(Math.max(1, start + timeout - begun), clock);
      return secured.addErrback((failure) => {
        failure.trap(HandshakeError, TimeoutError);
        if (failure.check(TimeoutError))
          throw new ConnectError(address, "timeout", `no TLS handshake within ${timeout} ms`);
        const after = `after ${Math.round(clock.now() - begun)} ms`;
        throw new ConnectError(address, "tls", `TLS handshake failed ${after}: ${failure.getErrorMessage()}`);
      });
    });
  };
}

/** The name that the certificate must have; for a Unix socket, localhost. */
function hostOf(address: Address): string {
  return isUnix(address) ? "localhost" : address.host;
}
