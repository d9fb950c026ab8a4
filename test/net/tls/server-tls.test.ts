import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CertificateError, type KeyPair } from "../../../src/net/tls/certificates.ts";
import { ClientTls } from "../../../src/net/tls/client-tls.ts";
import { ServerTls } from "../../../src/net/tls/server-tls.ts";
import { certificates } from "../../support/own-certificates.ts";

const pki = certificates();
const localhost = pki.issue("localhost");

/** The message that it throws, without the folder of the file. */
function complaint(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    expect(error).toBeInstanceOf(CertificateError);
    return (error as CertificateError).message.replace(/ \/\S+\//g, " ");
  }
  throw new Error("It does not throw");
}

const damaged = pki.write(
  "damaged.pem",
  localhost.certificate.text.replace(/\n[\w+/]{20}/g, "\nAAAAAAAAAAAAAAAAAAAA"),
);
const empty = pki.write("empty.pem", "");

const BAD: readonly [what: string, pair: () => KeyPair, complaint: string][] = [
  [
    "no certificate",
    () => ({ ...localhost, certificate: localhost.key }),
    "Cannot use localhost.key: it contains no PEM certificate",
  ],
  [
    "an empty file",
    () => ({ ...localhost, certificate: empty }),
    "Cannot use empty.pem: it contains no PEM certificate",
  ],
  [
    "a damaged certificate",
    () => ({ ...localhost, certificate: damaged }),
    "Cannot use damaged.pem: a certificate in it is damaged",
  ],
  [
    "no key",
    () => ({ ...localhost, key: localhost.certificate }),
    "Cannot use localhost.pem: it contains no private key (NO_START_LINE)",
  ],
  [
    "the key of another one",
    () => ({ ...localhost, key: pki.issue("other").key }),
    "Cannot use other.key: it is not the key of localhost.pem",
  ],
  [
    "an encrypted key",
    () => ({ ...localhost, key: pki.encrypted(localhost) }),
    "Cannot use localhost.encrypted.key: the key is encrypted; expected one without a passphrase",
  ],
];

describe("ServerTls", () => {
  test.each(BAD)("refuses %s", (_what, pair, expected) => {
    expect(complaint(() => new ServerTls({ pairs: [pair()] }))).toStartWith(expected);
  });

  test("rejects two certificates with keys of the same type: only one could ever be used", () => {
    const pairs = [localhost, pki.issue("other")];
    expect(complaint(() => new ServerTls({ pairs }))).toBe(
      "Cannot use other.pem: its key is of the same kind as that of localhost.pem",
    );
  });

  test("rejects an empty file of client authorities, which would accept any public one", () => {
    expect(complaint(() => new ServerTls({ pairs: [localhost], clientCa: empty }))).toBe(
      "Cannot use empty.pem: it contains no PEM certificate",
    );
  });

  test("knows when the first certificate expires, including those of its chain", () => {
    const short = pki.issue("short", { kind: "rsa", until: "20980101000000Z" });
    const both = new ServerTls({ pairs: [short, localhost] });
    expect(both.expiring).toBe(localhost.certificate.file);
    expect(new ServerTls({ pairs: [short] }).expires).toBe(Date.UTC(2098, 0, 1));
    const old = pki.issue("intermediate", { from: "20200101000000Z", until: "20210101000000Z" });
    const text = short.certificate.text + old.certificate.text;
    const chained = { certificate: pki.write("chained.pem", text), key: short.key };
    expect(new ServerTls({ pairs: [chained] }).expires).toBe(Date.UTC(2021, 0, 1));
  });
});

describe("ClientTls", () => {
  test("rejects invalid authorities and certificates", () => {
    expect(complaint(() => new ClientTls({ ca: empty, pins: [] }))).toBe(
      "Cannot use empty.pem: it contains no PEM certificate",
    );
    for (const [, pair, expected] of BAD)
      expect(complaint(() => new ClientTls({ pins: [], pair: pair() }))).toStartWith(expected);
  });
});

test("a service without TLS does not load node:tls", () => {
  const net = join(import.meta.dirname, "../../../src/net");
  for (const file of [
    "listen.ts",
    "connection.ts",
    "tls/handshakes.ts",
    "tls/secure-wire.ts",
    "tls/words.ts",
  ])
    expect(readFileSync(join(net, file), "utf8")).not.toMatch(
      /^import (?!type).*"(node:tls|node:crypto|\.\/certificates\.ts|\.\/server-tls\.ts)"/m,
    );
});
