import { readFileSync } from "node:fs";
import type { Connect } from "../net/connect.ts";
import { describeSystemError } from "../net/errors.ts";
import { CertificateError, type KeyPair, type PemFile } from "../net/tls/certificates.ts";
import { ClientTls } from "../net/tls/client-tls.ts";
import { connectTls } from "../net/tls/connect-tls.ts";
import type { ListenTls } from "../net/tls/handshakes.ts";
import { ServerTls, type ServerIdentity } from "../net/tls/server-tls.ts";
import type { listening } from "../settings/rows/listening.ts";
import type { askingTls } from "../settings/rows/tls.ts";
import type { Options } from "../settings/settled.ts";

/** Where a service listens, and the paths of its TLS files. */
export type ListenOptions = Options<typeof listening>["listen"];

/** Whether to speak TLS with servers, and the paths of the files for it. */
export type ClientOptions = Options<typeof askingTls>["tls"];

/**
 * The listening options of a service, with the contents of its TLS files instead of their paths.
 *
 * @throws {CertificateError} if a file cannot be used
 */
export function withTls({ tls, ...listen }: ListenOptions) {
  if (tls.certificates.length === 0) return listen;
  const server = new ServerTls(identityOf(tls));
  const secured: ListenTls = { server, handshakeTimeout: tls.handshakeTimeout };
  return { ...listen, tls: secured };
}

/**
 * The current contents of the files.
 *
 * @throws {CertificateError} if one cannot be read
 */
function identityOf({ certificates, keys, clientCa }: ListenOptions["tls"]): ServerIdentity {
  return {
    pairs: certificates.map((certificate, i) => pairOf(certificate, keys[i] as string)),
    clientCa: clientCa === undefined ? undefined : read(clientCa),
  };
}

/**
 * How to connect to servers; undefined: without TLS.
 *
 * @throws {CertificateError} if a file cannot be used
 */
export function connectBy(options: ClientOptions): Connect | undefined {
  const { isOn, ca, name, pins, certificate, key, trustsFin } = options;
  if (!isOn) return undefined;
  const client = new ClientTls({
    ca: ca === undefined ? undefined : read(ca),
    name,
    pins,
    pair: certificate === undefined || key === undefined ? undefined : pairOf(certificate, key),
  });
  return connectTls({ client, trustsFin });
}

function pairOf(certificate: string, key: string): KeyPair {
  return { certificate: read(certificate), key: read(key) };
}

function read(file: string): PemFile {
  try {
    return { file, text: readFileSync(file, "utf8") };
  } catch (error) {
    throw new CertificateError(file, describeSystemError(error));
  }
}
