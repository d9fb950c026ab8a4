import type { TLSOptions } from "bun";
import {
  certificatesIn,
  CertificateError,
  certificatesOf,
  endOf,
  type KeyPair,
  type PemFile,
} from "./certificates.ts";

/** What a service shows its clients, and what it demands of them. */
export interface ServerIdentity {
  /** One, or one of each kind of key: a client gets the one that it can check. */
  readonly pairs: readonly KeyPair[];
  /** The authorities that may have signed the certificate of a client, without which nobody comes in; absent: no client needs one. */
  readonly clientCa?: PemFile | undefined;
}

/** TLS 1.2. Bun takes numbers, which its types do not know. */
const TLS_1_2 = 0x0303;

/** The TLS of a service. Every client gets what is current as it comes: renewing it harms nobody who is there. */
export class ServerTls {
  #current: Checked;

  /** @throws {CertificateError} if it cannot be used */
  constructor(identity: ServerIdentity) {
    this.#current = check(identity);
  }

  /** What Bun needs to begin a session. */
  get options(): TLSOptions {
    return this.#current.options;
  }

  /** Whether clients have to show a certificate. */
  get demandsCertificate(): boolean {
    return this.#current.options.requestCert === true;
  }

  /** When the first of its certificates ends, in milliseconds since 1970. */
  get expires(): number {
    return this.#current.expires;
  }

  /** The file of that certificate. */
  get expiring(): string {
    return this.#current.expiring;
  }

  /**
   * Shows another identity to those who come from now on.
   *
   * @throws {CertificateError} if it cannot be used: then everything stays as it is
   */
  renew(identity: ServerIdentity): void {
    this.#current = check(identity);
  }
}

interface Checked {
  readonly options: TLSOptions;
  readonly expires: number;
  readonly expiring: string;
}

function check({ pairs, clientCa }: ServerIdentity): Checked {
  const kinds = new Map<string | undefined, string>();
  let expires = Infinity;
  let expiring = "";
  for (const pair of pairs) {
    const chain = certificatesOf(pair);
    const { file } = pair.certificate;
    const kind = chain[0].publicKey.asymmetricKeyType;
    const same = kinds.get(kind);
    if (same !== undefined)
      throw new CertificateError(file, `its key is of the same kind as that of ${same}`);
    kinds.set(kind, file);
    const end = endOf(chain);
    if (end < expires) [expires, expiring] = [end, file];
  }
  if (clientCa) certificatesIn(clientCa); // An empty one would let in whoever any authority on earth has signed.
  const own = pairs.map(({ certificate }) => certificate.text);
  const options = {
    cert: own,
    key: pairs.map(({ key }) => key.text),
    minVersion: TLS_1_2,
    // Without any, each handshake would look through the system's on disk, to complete the chain.
    ca: clientCa ? [clientCa.text] : own,
    ...(clientCa && { requestCert: true, rejectUnauthorized: true }),
  };
  return { options, expires, expiring };
}
