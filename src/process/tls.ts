import type { Connect } from "../net/connect.ts";
import type { ListenTls } from "../net/tls/handshakes.ts";
import type { ClientOptions, ListenOptions } from "./certificates.ts";

/** Where a service listens, its files read. Fails with CertificateError. */
export async function withTls({ tls, ...listen }: ListenOptions) {
  if (tls.certificates.length === 0) return listen;
  const { serverTls } = await import("./certificates.ts"); // Only now: node:tls takes its time and memory.
  const secured: ListenTls = { server: serverTls(tls), handshakeTimeout: tls.handshakeTimeout };
  return { ...listen, tls: secured };
}

/** How to connect with servers; undefined: in the usual way. Fails with CertificateError. */
export async function connectBy(tls: ClientOptions): Promise<Connect | undefined> {
  if (!tls.isOn) return undefined;
  const { tlsConnect } = await import("./certificates.ts");
  return tlsConnect(tls);
}
