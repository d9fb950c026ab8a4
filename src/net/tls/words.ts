import { describeSystemError } from "../errors.ts";

/** Describes a failure of TLS, followed by OpenSSL's own name for it. */
export function describeTlsError(error: unknown): string {
  const { code = "", message = "" } = (error ?? {}) as { code?: string; message?: string };
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return wrongName(message);
  const name =
    /^error:[0-9a-f]+:[^:]*:[^:]*:([A-Z0-9_]+)/i.exec(message)?.[1] ?? code.replace(/^ERR_SSL_/, "");
  const words = WORDS[name] ?? alertOf(name);
  if (words) return `${words} (${name})`;
  if (name !== code) return name;
  if (code === "") return message || "no reason was given";
  const known = describeSystemError(error);
  return known === code ? `${message} (${code})` : known;
}

/** Rewords "Host: x. is not in the cert's altnames: DNS:y" and "IP: 127.0.0.1 is not in the cert's list: ". */
function wrongName(message: string): string {
  const [, host, names] = /(?:Host|IP): (\S+?)\.? is not .*?: (.*)/s.exec(message) ?? [];
  const others = names ? ` but for ${names}` : "";
  return `the certificate is not for ${host ?? "it"}${others} (ERR_TLS_CERT_ALTNAME_INVALID)`;
}

/** The alert in a name such as `TLSV1_ALERT_UNKNOWN_CA`, which the peer sent. */
function alertOf(name: string): string | undefined {
  const alert = /^(?:SSLV3|TLSV1|TLSV13)_ALERT_(.*)$/.exec(name)?.[1];
  return alert && `the other side gave up: ${alert.toLowerCase().replaceAll("_", " ")}`;
}

const WORDS: Readonly<Record<string, string>> = {
  // The other side
  HTTP_REQUEST: "it speaks plain HTTP, not TLS",
  WRONG_VERSION_NUMBER: "it does not speak TLS",
  UNSUPPORTED_PROTOCOL: "its version of TLS is too old",
  TLSV1_ALERT_PROTOCOL_VERSION: "its version of TLS is too old",
  NO_SHARED_CIPHER: "it has no cipher in common with us",
  WRONG_CURVE: "it has no elliptic curve in common with us",
  NO_COMMON_SIGNATURE_ALGORITHMS: "it cannot verify any of our certificates",
  BAD_PACKET_LENGTH: "it gave up, probably because it does not trust our certificate",
  TLSV1_ALERT_UNKNOWN_CA: "it does not trust our certificate: unknown authority",
  SSLV3_ALERT_BAD_CERTIFICATE: "it does not trust our certificate",
  SSLV3_ALERT_CERTIFICATE_EXPIRED: "it does not trust our certificate: expired",
  SSLV3_ALERT_CERTIFICATE_UNKNOWN: "it does not trust our certificate",
  TLSV1_ALERT_CERTIFICATE_REQUIRED: "it requires a client certificate",
  PEER_DID_NOT_RETURN_A_CERTIFICATE: "it showed no certificate",

  // Its certificate
  CERT_HAS_EXPIRED: "the certificate has expired",
  CERT_NOT_YET_VALID: "the certificate is not valid yet",
  CERT_REVOKED: "the certificate was revoked",
  CERT_REJECTED: "the certificate was rejected",
  CERT_SIGNATURE_FAILURE: "the signature of the certificate is wrong",
  DEPTH_ZERO_SELF_SIGNED_CERT: "the certificate is self-signed",
  SELF_SIGNED_CERT_IN_CHAIN: "the certificate was signed by an unknown authority",
  UNABLE_TO_GET_ISSUER_CERT: "the certificate was signed by an unknown authority",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "the certificate was signed by an unknown authority",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "the certificate was signed by an unknown authority",
  INVALID_CA: "the certificate was signed by a certificate that may not sign others",
  INVALID_PURPOSE: "the certificate is not for this purpose",
};
