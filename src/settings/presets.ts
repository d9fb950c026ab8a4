import type { Presets } from "./setting.ts";

/**
 * How whois servers say that one has asked too often: whole phrases, for loose words are in the terms of every registry.
 * They are looked for before "no match", which some of these answers contain as well.
 */
const WHOIS_REFUSALS = [
  "request limit exceeded for",
  "WHOIS LIMIT EXCEEDED",
  "You have exceeded your quota of queries",
  "WHOIS query quota for \\S+ has been exceeded",
  "only 1 request per second allowed",
  "Your connection limit exceeded",
  "access control limit reached",
  "Still in grace period, wait",
  "Excessive querying, grace period",
  "Maximum queries per hour reached",
  "Too many connections",
  "Please go away for \\d+ Seconds",
  "%ERROR:201: access denied",
  "Too many requests",
];

/** What is known of services that many run: one row each, written as flags. Sources: docs/presets.md. */
export const presets: Presets = {
  checkmk: {
    description: "Checkmk agent in its plain form, LibreNMS unix-agent (6556)",
    flags: { request: "none", complete: "^<<<check_mk>>>", ttl: "15s" },
  },
  healthcheck: {
    description: "xinetd health scripts such as clustercheck (9200), HAProxy agent-check",
    flags: { request: "none", "no-store": " 503 ", ttl: "1s" },
  },
  gmond: {
    description: "Ganglia gmond (8649) and gmetad (8651)",
    flags: { request: "none", complete: "</GANGLIA_XML>\\s*$", ttl: "5s" },
  },
  "json-stats": {
    description: "uWSGI stats, nutcracker stats (22222)",
    flags: { request: "none", complete: "}\\s*$", ttl: "2s" },
  },
  daytime: {
    description: "daytime (13), time (37): shared while under way, never kept",
    flags: { request: "none", ttl: "0" },
  },
  whois: {
    description: "whois (43)",
    flags: {
      request: "line",
      "key-fold": "crlf,trim,squeeze", // Not lower: RIPE's -l and -L, -m and -M ask for different things.
      "key-drop": "^-V \\S+ ",
      cacheable: "^(?!(.* )?-\\w*k|!!|begin$)",
      "no-store": `/${WHOIS_REFUSALS.join("|")}/i`,
      "ttl-for": ["/no match|not found|no entries|no data/i=60s"],
      ttl: "1h",
    },
  },
  finger: {
    description: "finger (79); not for forwarding, user@host",
    flags: { request: "line", "key-fold": "crlf,trim", cacheable: "^[^@]*$", ttl: "60s" },
  },
  gopher: {
    description: "gopher (70), nex (1900); not for searches",
    flags: {
      request: "line",
      "key-fold": "crlf",
      cacheable: "^[^\\t]*$",
      "no-store": "^(3|Error: )",
      ttl: "60s",
    },
  },
  zookeeper: {
    description: "ZooKeeper's four-letter words (2181)",
    flags: {
      request: "bytes:4",
      allow: "^[a-z]{4}$",
      cacheable: "^(ruok|srvr|stat|mntr|conf|isro|wchs|dirs|envi)$",
      "no-store": "not in the whitelist|not currently serving",
      ttl: "1s",
    },
  },
  haproxy: {
    description: "HAProxy's runtime API",
    flags: {
      request: "line",
      "key-fold": "crlf,trim",
      cacheable: "^show (info|stat|servers|backend|pools|activity|table)[^;]*$",
      "no-store": "Unknown command|Permission denied",
      ttl: "1s",
    },
  },
  livestatus: {
    description: "MK Livestatus",
    flags: {
      request: "blank",
      "key-fold": "crlf",
      cacheable: "^GET (?![^]*\\n(KeepAlive: on|Wait))",
      "no-store": "^[45]\\d\\d ",
      ttl: "2s",
    },
  },
  unbound: {
    description:
      "unbound-control, nsd-control without TLS; every reader of the counters has to come through here",
    flags: {
      request: "line",
      "key-fold": "crlf,trim,squeeze",
      cacheable: "^(UB|NSD)CT1 +stats(_noreset)?$",
      "no-store": "^error",
      ttl: "10s",
    },
  },
  xymon: {
    description: "Xymon (1984): queries; what changes something is passed on",
    flags: { request: "eof", cacheable: "^(ping|query|xymondboard|xymondlog|hostinfo)", ttl: "5s" },
  },
  nrpe: {
    description: "NRPE (5666) without TLS, packets of version 3 and 4",
    flags: { request: "bytes:1036", cacheable: "^\\0[\\x03\\x04]", ttl: "5s" },
  },
  zabbix: {
    description: "Zabbix agent, passive checks (10050)",
    flags: { request: "zbxd", "no-store": "ZBX_NOTSUPPORTED|ZBX_ERROR", ttl: "2s" },
  },
};
