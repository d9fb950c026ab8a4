import { expect, test } from "bun:test";
import { describeTlsError } from "../../../src/net/tls/words.ts";

const ERRORS: readonly [error: object | undefined, words: string][] = [
  [
    { code: "EPROTO", message: "error:1000009c:SSL routines:OPENSSL_internal:HTTP_REQUEST" },
    "it speaks plain HTTP, not TLS (HTTP_REQUEST)",
  ],
  [
    { code: "EPROTO", message: "error:10000123:SSL routines:OPENSSL_internal:SOMETHING_NEW" },
    "SOMETHING_NEW",
  ],
  [
    {
      code: "ERR_SSL_TLSV1_ALERT_ACCESS_DENIED",
      message: "error:10000419:SSL routines:OPENSSL_internal:TLSV1_ALERT_ACCESS_DENIED",
    },
    "the other side gave up: access denied (TLSV1_ALERT_ACCESS_DENIED)",
  ],
  [
    { code: "CERT_HAS_EXPIRED", message: "certificate has expired" },
    "the certificate has expired (CERT_HAS_EXPIRED)",
  ],
  [{ code: "CRL_HAS_EXPIRED", message: "CRL has expired" }, "CRL has expired (CRL_HAS_EXPIRED)"],
  [{ code: "ECONNRESET", message: "read ECONNRESET" }, "connection reset (ECONNRESET)"],
  [
    {
      code: "ERR_TLS_CERT_ALTNAME_INVALID",
      message:
        "Hostname/IP does not match certificate's altnames: Host: a.example. is not in the cert's altnames: DNS:b.example",
    },
    "the certificate is not for a.example but for DNS:b.example (ERR_TLS_CERT_ALTNAME_INVALID)",
  ],
  [
    {
      code: "ERR_TLS_CERT_ALTNAME_INVALID",
      message: "Hostname/IP does not match certificate's altnames: IP: 127.0.0.1 is not in the cert's list: ",
    },
    "the certificate is not for 127.0.0.1 (ERR_TLS_CERT_ALTNAME_INVALID)",
  ],
  [
    {
      code: "ERR_TLS_CERT_ALTNAME_INVALID",
      message: "Hostname/IP does not match certificate's altnames: Host: x. is not cert's CN: y",
    },
    "the certificate is not for x but for y (ERR_TLS_CERT_ALTNAME_INVALID)",
  ],
  [undefined, "no reason was given"],
];

test.each(ERRORS)("describeTlsError() of %j", (error, words) => {
  expect(describeTlsError(error)).toBe(words);
});
