import { group, list, setting } from "../setting.ts";
import type { Settled } from "../settle.ts";
import { duration, nonEmpty } from "../units.ts";

/** TLS with clients. */
export const listeningTls = group("TLS with clients", {
  "tls-cert": list({
    hint: "FILE",
    sets: "listen.tls.certificates",
    page: "tls",
    parse: nonEmpty,
    help: "Speak TLS: show clients this certificate (PEM, its chain behind it); may be repeated, one for each kind of key",
  }),
  "tls-key": list({
    hint: "FILE",
    sets: "listen.tls.keys",
    parse: nonEmpty,
    help: "The private key of --tls-cert; may be repeated, in the same order",
  }),
  "tls-client-ca": setting({
    hint: "FILE",
    sets: "listen.tls.clientCa",
    parse: nonEmpty,
    help: "Let in only clients with a certificate that one of these authorities has signed",
  }),
  "tls-handshake-timeout": setting({
    hint: "DURATION",
    default: "10s",
    sets: "listen.tls.handshakeTimeout",
    parse: duration,
    help: "How long a client may take for the TLS handshake; 0: no limit",
  }),
});

/** What makes no sense together. */
export const TLS_CHECKS = [
  {
    flags: ["tls-cert"],
    isWrong: (settled: Settled) => !settled.isGiven("tls-key"),
    why: "{} needs a {tls-key}",
  },
  {
    flags: ["tls-key"],
    isWrong: (settled: Settled) =>
      settled.isGiven("tls-cert") && count(settled, "tls-key") !== count(settled, "tls-cert"),
    why: "expected one {tls-key} for each {tls-cert}",
  },
  {
    flags: ["tls-key", "tls-client-ca", "tls-handshake-timeout"],
    isWrong: (settled: Settled) => !settled.isGiven("tls-cert"),
    why: "{} has no effect without {tls-cert}",
  },
] as const;

function count(settled: Settled, flag: string): number {
  return (settled.valueOf(flag) as readonly string[]).length;
}
