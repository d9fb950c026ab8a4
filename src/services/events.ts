import type { ExpiringCertificate } from "../net/tls/certificate-watch.ts";
import type { Visit } from "../net/transport.ts";

/** Events of every service that listens. */
export interface PortEvents {
  /** A client's visit has ended; once for each client that was admitted. */
  readonly visited: Visit;
  /** A client was reset on arrival. */
  readonly turnedAway: Visit;
  /** The certificate of a service expires soon or has expired; once a day. */
  readonly certificateExpires: ExpiringCertificate;
  /** An error that only a bug in poetry explains; the connection that it occurred on has been reset. */
  readonly bug: unknown;
}
