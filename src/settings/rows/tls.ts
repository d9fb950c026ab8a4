import { parseHost } from "../../net/address.ts";
import { flag, group, list, setting } from "../setting.ts";
import { duration, nonEmpty } from "../units.ts";

/** TLS with clients: poetry is the server. */
export const listeningTls = group("TLS with clients", {
  "tls-cert": list({
    hint: "FILE",
    isPath: true,
    sets: "listen.tls.certificates",
    page: "tls",
    parse: nonEmpty,
    help: "Speak TLS with this certificate (PEM, followed by its chain); may be repeated, once for each type of key",
  }),
  "tls-key": list({
    hint: "FILE",
    isPath: true,
    sets: "listen.tls.keys",
    parse: nonEmpty,
    help: "The private key of --tls-cert; may be repeated, in the same order",
  }),
  "tls-client-ca": setting({
    hint: "FILE",
    isPath: true,
    sets: "listen.tls.clientCa",
    page: "tls",
    parse: nonEmpty,
    help: "Accept only clients whose certificate is signed by one of these authorities",
  }),
  "tls-timeout": setting({
    hint: "DURATION",
    default: "10s",
    sets: "listen.tls.handshakeTimeout",
    parse: duration,
    help: "How long a client may take for the TLS handshake; 0: no limit",
  }),
});

/** TLS with a server: one set of rows, which the groups below use under different names and option paths. */
const rows = {
  tls: flag({
    sets: "tls.isOn",
    page: "tls",
    help: "Speak TLS with the server, and verify its certificate",
  }),
  ca: setting({
    hint: "FILE",
    isPath: true,
    defaultHelp: "the system's",
    sets: "tls.ca",
    parse: nonEmpty,
    help: "The certificate authorities to trust, in PEM",
  }),
  name: setting({
    hint: "NAME",
    defaultHelp: "its host",
    sets: "tls.name",
    parse: parseHost,
    help: "The name that the server's certificate must be valid for",
  }),
  pin: list({
    hint: "SHA256",
    sets: "tls.pins",
    page: "tls",
    parse: digest,
    help: "Accept only the certificate or public key with this SHA-256 digest, no matter who signed it; may be repeated",
  }),
  cert: setting({
    hint: "FILE",
    isPath: true,
    sets: "tls.certificate",
    parse: nonEmpty,
    help: "The client certificate, for servers that demand one (PEM, followed by its chain)",
  }),
  key: setting({
    hint: "FILE",
    isPath: true,
    sets: "tls.key",
    parse: nonEmpty,
    help: "The private key of that certificate",
  }),
  trustFin: flag({
    sets: "tls.trustsFin",
    page: "tls",
    help: "Accept answers that end without close_notify; an attacker on the network path can then truncate them",
  }),
} as const;

/** TLS with upstreams. */
export const askingTls = group("TLS with the upstream", {
  "upstream-tls": { ...rows.tls, shapesAnswers: true },
  "upstream-ca": { ...rows.ca, shapesAnswers: true },
  "upstream-name": { ...rows.name, shapesAnswers: true },
  "upstream-pin": { ...rows.pin, shapesAnswers: true },
  "upstream-cert": { ...rows.cert, shapesAnswers: true },
  "upstream-key": rows.key,
  "upstream-trust-fin": { ...rows.trustFin, shapesAnswers: true },
});

/** TLS with the server that transforms poems. */
export const viaTls = group("TLS with the transformation server", {
  "via-tls": { ...rows.tls, sets: "via.tls.isOn" as const, shapesAnswers: true },
  "via-ca": { ...rows.ca, sets: "via.tls.ca" as const, shapesAnswers: true },
  "via-name": { ...rows.name, sets: "via.tls.name" as const, shapesAnswers: true },
  "via-pin": { ...rows.pin, sets: "via.tls.pins" as const, shapesAnswers: true },
  "via-cert": { ...rows.cert, sets: "via.tls.certificate" as const, shapesAnswers: true },
  "via-key": { ...rows.key, sets: "via.tls.key" as const },
  "via-trust-fin": { ...rows.trustFin, sets: "via.tls.trustsFin" as const, shapesAnswers: true },
});

/** TLS with the servers of `poetry get`. */
export const gettingTls = group("TLS", {
  tls: { ...rows.tls, key: null },
  ca: { ...rows.ca, key: null },
  name: { ...rows.name, key: null },
  pin: { ...rows.pin, key: null },
  cert: { ...rows.cert, key: null },
  key: { ...rows.key, key: null },
  "trust-fin": { ...rows.trustFin, key: null },
});

/** A SHA-256 as `sha256sum` or `openssl x509 -fingerprint -sha256` prints it, as 64 lower-case hexadecimal digits. */
function digest(text: string): string {
  const digits = text
    .replace(/^sha256 fingerprint=/i, "")
    .replaceAll(":", "")
    .toLowerCase();
  if (/^[0-9a-f]{64}$/.test(digits)) return digits;
  throw new SyntaxError("expected 64 hexadecimal digits, with or without colons");
}
