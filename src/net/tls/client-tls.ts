import { createHash } from "node:crypto";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import {
  connect,
  createSecureContext,
  getCACertificates,
  type SecureContext,
  type TLSSocket,
} from "node:tls";
import { certificatesIn, certificatesOf, type KeyPair, type PemFile } from "./certificates.ts";

/** How a server is verified, and which certificate it is shown. */
export interface ClientIdentity {
  /** The authorities that may have signed its certificate; absent: those trusted by this system. */
  readonly ca?: PemFile | undefined;
  /** The name that must be in its certificate; absent: its host. */
  readonly name?: string | undefined;
  /**
   * SHA-256 of certificates or of public keys, in hexadecimal digits: the server must show one of these. Its name and
   * issuer do not matter then, unless `name` or `ca` is given as well.
   */
  readonly pins: readonly string[];
  /** The certificate to show if the server requires one. */
  readonly pair?: KeyPair | undefined;
}

/** The client's side of TLS: verifies servers. */
export class ClientTls {
  readonly #context: SecureContext;
  readonly #name: string | undefined;
  readonly #pins: ReadonlySet<string>;
  readonly #verifies: boolean;

  /** @throws {CertificateError} if a file cannot be used */
  constructor({ ca, name, pins, pair }: ClientIdentity) {
    if (ca) certificatesIn(ca);
    if (pair) certificatesOf(pair);
    this.#context = createSecureContext({
      ca: ca?.text ?? authorities(),
      minVersion: "TLSv1.2",
      ...(pair && { cert: pair.certificate.text, key: pair.key.text }),
    });
    this.#name = name;
    this.#pins = new Set(pins);
    this.#verifies = pins.length === 0 || ca !== undefined || name !== undefined;
  }

  /**
   * Begins a session over `ciphertext`.
   *
   * @param host the server as configured: a name or an address
   */
  begin(ciphertext: Duplex, host: string): TLSSocket {
    const name = this.#name ?? host;
    return connect({
      socket: ciphertext,
      secureContext: this.#context,
      host: name,
      servername: isIP(name) === 0 ? name : "", // RFC 6066: no literal addresses.
      rejectUnauthorized: this.#verifies, // Explicit: by default, NODE_TLS_REJECT_UNAUTHORIZED could turn it off.
    });
  }

  /** Why the server of a session is rejected; undefined if it is verified. */
  faultOf(session: TLSSocket): string | undefined {
    if (this.#verifies && !session.authorized) return "the certificate was not accepted";
    if (this.#pins.size === 0) return undefined;
    const shown = session.getPeerX509Certificate();
    if (!shown) return "it showed no certificate";
    const certificate = sha256(shown.raw);
    const key = sha256(shown.publicKey.export({ type: "spki", format: "der" }));
    if (this.#pins.has(certificate) || this.#pins.has(key)) return undefined;
    return `the certificate is not the pinned one (SHA-256 ${certificate}, its key ${key})`;
  }
}

/** The system's authorities or, if it has none, the built-in ones. */
function authorities(): string[] {
  const own = [...getCACertificates("system"), ...getCACertificates("extra")];
  return own.length > 0 ? own : getCACertificates("bundled");
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
