import type { ExpiringCertificate } from "../net/tls/certificate-watch.ts";
import type { Visit } from "../net/transport.ts";

/** What every service that listens has to tell. */
export interface PortEvents {
  /** A client's stay is over; told once for each that was let in. */
  readonly visited: Visit;
  /** A client was reset as soon as it came. */
  readonly turnedAway: Visit;
  /** The certificate of a service ends soon, or has: told once a day. */
  readonly certificateExpires: ExpiringCertificate;
  /** A bug of ours; the connection it happened on has been reset. */
  readonly bug: unknown;
}
