import { readFileSync } from "node:fs";
import { describeSystemError } from "../net/errors.ts";
import { CertificateError, type PemFile } from "../net/tls/certificates.ts";
import type { ListenTls } from "../net/tls/handshakes.ts";
import { ServerTls, type ServerIdentity } from "../net/tls/server-tls.ts";
import type { listening } from "../settings/rows/listening.ts";
import type { Options } from "../settings/settle.ts";

type ListenOptions = Options<typeof listening>["listen"];

/** Where a service listens, with the certificates that are named there; as many keys, in the same order. */
export function withTls({ tls, ...listen }: ListenOptions) {
  const { handshakeTimeout, ...files } = tls;
  if (files.certificates.length === 0) return listen;
  const secured: ListenTls = { server: new ServerTls(identityOf(files)), handshakeTimeout };
  return { ...listen, tls: secured };
}

function identityOf({
  certificates,
  keys,
  clientCa,
}: Omit<ListenOptions["tls"], "handshakeTimeout">): ServerIdentity {
  return {
    pairs: certificates.map((file, i) => ({ certificate: read(file), key: read(keys[i] as string) })),
    clientCa: clientCa === undefined ? undefined : read(clientCa),
  };
}

/** @throws {CertificateError} when it cannot be read */
function read(file: string): PemFile {
  try {
    return { file, text: readFileSync(file, "utf8") };
  } catch (error) {
    throw new CertificateError(file, describeSystemError(error));
  }
}
