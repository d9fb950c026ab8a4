/** The regional registries, and those that run their software. Sources: RIPE's QueryMessages.java, registro.br. */
const REGIONAL = [
  "ERROR:(201|202|306):", // RIPE, APNIC, AFRINIC: access denied, limit of objects, limit of connections.
  "Query rate limit exceeded", // LACNIC, which may also send it with a shorter answer.
  "Maximum concurrent connections limit exceeded",
  "Permission denied\\.",
  "Permiss\\S+o negada\\.",
  "(ERROR 503: )?Unable to service request due to high volume", // ARIN.
];

/** Registries and registrars of domain names. */
const OF_DOMAINS = [
  "request limit exceeded for",
  "WHOIS LIMIT EXCEEDED",
  "You have exceeded (your quota of queries|allowed connection rate|this limit)",
  "Number of allowed queries exceeded",
  "The WHOIS query quota for \\S+ has been exceeded",
  "whois\\.[\\w.-]+: (only 1 request per second allowed|daily whois-limit exceeded|too many requests)",
  "only 1 request per second allowed",
  "Your connection limit exceeded",
  "Error: \\d+ Connection refused; access control limit reached",
  "-1: Still in grace period, wait",
  "Excessive querying, grace period",
  "Maximum queries per hour reached",
  "Maximum daily connection limit reached",
  "Too many connection(s\\.| attempts)",
  "Too many requests[. \\r]*$",
  "Look ?up quota exceeded",
  "Please go away for \\d+ seconds",
  "Your access is too fast",
  "Queried interval is too short",
  "Requests of this client are not permitted",
  "IP address has reached rate limit",
  "query_status: 440 Request Denied",
];

/**
 * How whois servers say that a client has sent too many queries. Only whole phrases at the start of a line count, after
 * at most a comment sign: single words occur in the terms of use of every registry, and any text after a label or a blank
 * may come from whoever registered the name.
 */
export const WHOIS_REFUSALS = [REGIONAL, OF_DOMAINS].map(
  (phrases) => `/^([%#;>*]+[ \\t]*)?(${phrases.join("|")})/im`,
);
