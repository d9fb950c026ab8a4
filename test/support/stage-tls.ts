import type { TLSOptions } from "bun";
import { isUnix, type Address } from "../../src/net/address.ts";
import { ClientTls, type ClientIdentity } from "../../src/net/tls/client-tls.ts";
import { connectTls } from "../../src/net/tls/connect-tls.ts";
import { ServerTls } from "../../src/net/tls/server-tls.ts";
import type { StagedOptions } from "./proxy-stage.ts";
import { Certificates } from "./certificates.ts";

/** Makes every stage use TLS on both sides. */
class StageTls {
  /** The certificate of scripted upstreams. */
  readonly upstream: TLSOptions;
  /** The authority that clients and the proxy trust. */
  readonly identity: ClientIdentity;
  /** Where stages listen. */
  readonly ports = new Set<number>();
  readonly #server: ServerTls;

  constructor() {
    const pki = new Certificates();
    const pair = pki.issue("localhost");
    this.upstream = { cert: pair.certificate.text, key: pair.key.text };
    this.identity = { ca: pki.authority.certificate, name: "localhost", pins: [] };
    this.#server = new ServerTls({ pairs: [pair] });
    pki.remove(); // Everything is in memory.
  }

  securing(options: StagedOptions): StagedOptions {
    const { listen, connect } = options;
    const tls = { server: this.#server, handshakeTimeout: 0 };
    const client = new ClientTls(this.identity);
    return {
      ...options,
      listen: { ...listen, tls },
      connect: connectTls({ client, trustsFin: false }, connect),
    };
  }
}

/** With POETRY_STAGE=tls the tests of the proxy are run again, over TLS: test/faults/18-over-tls.test.ts does that. */
export const stageTls = process.env.POETRY_STAGE === "tls" ? new StageTls() : undefined;

/** What clients of a port need for TLS; undefined: it has none. */
export function identityOfClients(to: number | Address): ClientIdentity | undefined {
  if (!stageTls) return undefined;
  const where = typeof to === "number" ? { host: "127.0.0.1", port: to } : to;
  return !isUnix(where) && stageTls.ports.has(where.port) ? stageTls.identity : undefined;
}
