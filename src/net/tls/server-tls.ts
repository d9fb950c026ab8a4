import type { TLSOptions } from "bun";
import {
  certificatesIn,
  CertificateError,
  certificatesOf,
  endOf,
  type KeyPair,
  type PemFile,
} from "./certificates.ts";

/** The certificates of a service, and which ones it requires of clients. */
export interface ServerIdentity {
  /** One, or one per type of key: each client gets one that it can verify. */
  readonly pairs: readonly KeyPair[];
  /** The authorities that may have signed client certificates, which are then required; absent: clients need none. */
  readonly clientCa?: PemFile | undefined;
}

/** TLS 1.2 as a number, which Bun accepts, although its types do not. */
const TLS_1_2 = 0x0303;

/** The server's side of TLS. A reload makes a new one; present clients are not affected. */
export class ServerTls {
  readonly #identity: Checked;

  /** @throws {CertificateError} if it cannot be used */
  constructor(identity: ServerIdentity) {
    this.#identity = check(identity);
  }

  /** The options with which Bun begins a session. */
  get options(): TLSOptions {
    return this.#identity.options;
  }

  /** Whether clients must show a certificate. */
  get demandsCertificate(): boolean {
    return this.#identity.options.requestCert === true;
  }

  /** When the first of its certificates expires, in milliseconds since 1970. */
  get expires(): number {
    return this.#identity.expires;
  }

  /** The file of that certificate. */
  get expiring(): string {
    return this.#identity.expiring;
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
  if (clientCa) certificatesIn(clientCa); // An empty one would admit clients of any public authority.
  const own = pairs.map(({ certificate }) => certificate.text);
  const options = {
    cert: own,
    key: pairs.map(({ key }) => key.text),
    minVersion: TLS_1_2,
    // Without any, each handshake would read the system's from disk to complete the chain.
    ca: clientCa ? [clientCa.text] : own,
    ...(clientCa && { requestCert: true, rejectUnauthorized: true }),
  };
  return { options, expires, expiring };
}
