import { createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";
import { createSecureContext } from "node:tls";

/** The content of a PEM file, and its name for messages. */
export interface PemFile {
  readonly file: string;
  readonly text: string;
}

/** A certificate with the chain to its authority, and its private key. */
export interface KeyPair {
  readonly certificate: PemFile;
  readonly key: PemFile;
}

/** A certificate or a key cannot be used. */
export class CertificateError extends Error {
  override readonly name = "CertificateError";

  constructor(
    readonly file: string,
    detail: string,
  ) {
    super(`Cannot use ${file}: ${detail}`);
  }
}

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/**
 * All certificates of a file, in order.
 *
 * @throws {CertificateError} if there is none, or one is damaged
 */
export function certificatesIn({ file, text }: PemFile): [X509Certificate, ...X509Certificate[]] {
  const [first, ...others] = text.match(BLOCK) ?? [];
  if (first === undefined) throw new CertificateError(file, "it contains no PEM certificate");
  const read = (block: string) => {
    try {
      return new X509Certificate(block);
    } catch (error) {
      throw new CertificateError(file, `a certificate in it is damaged (${reasonOf(error)})`);
    }
  };
  return [read(first), ...others.map(read)];
}

/**
 * The certificates of a pair, its own first.
 *
 * @throws {CertificateError} if they cannot be used, or the key is not that of the first one
 */
export function certificatesOf({ certificate, key }: KeyPair): [X509Certificate, ...X509Certificate[]] {
  const chain = certificatesIn(certificate);
  const [shown] = chain;
  if (!shown.checkPrivateKey(privateKeyIn(key)))
    throw new CertificateError(key.file, `it is not the key of ${certificate.file}`);
  try {
    createSecureContext({ cert: certificate.text, key: key.text });
  } catch (error) {
    throw new CertificateError(certificate.file, reasonOf(error));
  }
  return chain;
}

/** When the first of `certificates` expires, in milliseconds since 1970. */
export function endOf(certificates: readonly X509Certificate[]): number {
  return Math.min(...certificates.map((each) => each.validToDate.getTime()));
}

function privateKeyIn({ file, text }: PemFile): KeyObject {
  try {
    return createPrivateKey(text);
  } catch (error) {
    const isEncrypted = (error as { code?: string }).code === "ERR_MISSING_PASSPHRASE";
    const detail = isEncrypted
      ? "the key is encrypted; expected one without a passphrase"
      : `it contains no private key (${reasonOf(error)})`;
    throw new CertificateError(file, detail);
  }
}

/** OpenSSL's reason, such as "NO_START_LINE". */
function reasonOf(error: unknown): string {
  const { message } = error as Error;
  return /^error:.*:([A-Z0-9_]+)$/.exec(message)?.[1] ?? message;
}
