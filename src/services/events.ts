import type { ExpiringCertificate } from "../net/tls/certificate-watch.ts";
import type { Visit } from "../net/transport.ts";

/** Events of every service that listens. */
export interface PortEvents {
  /** A client's stay is over: once for each client that was let in. */
  readonly visited: Visit;
  /** A client was reset on arrival. */
  readonly turnedAway: Visit;
  /** The certificate of a service expires soon, or has expired: once a day. */
  readonly certificateExpires: ExpiringCertificate;
  /** A bug of ours; the connection it happened on has been reset. */
  readonly bug: unknown;
}
