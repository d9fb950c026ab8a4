import type { Presets } from "./setting.ts";
import { WHOIS_REFUSALS } from "./whois-refusals.ts";

/**
 * Services that many run: one row each, written as flags. docs/presets.md has the sources, and says of each service what a
 * real client may send that the framing or the key misses.
 */
export const presets: Presets = {
  checkmk: {
    description: "Checkmk agent in its plain form, LibreNMS unix-agent (6556)",
    flags: {
      request: "none",
      complete: ["/^(\\xef\\xbb\\xbf)?<<<check_mk>>>|\\A(0\\d|99)/m"], // Else it is encrypted: a number, then noise.
      ttl: "15s",
    },
  },
  healthcheck: {
    description: "xinetd health scripts such as clustercheck (9200), HAProxy agent-check",
    flags: {
      request: "none",
      "no-store": ["^HTTP/\\d\\.\\d [45]", "/^[\\w%:,. \\t]*\\b(down|fail|failed|stopped|drain|maint)\\b/i"],
      ttl: "1s",
    },
  },
  gmond: {
    description: "Ganglia gmond (8649) and gmetad (8651)",
    flags: { request: "none", complete: ["</GANGLIA_XML>\\s*$"], ttl: "5s" },
  },
  "json-stats": {
    description: "uWSGI stats, nutcracker stats (22222)",
    flags: { request: "none", complete: ["json"], ttl: "2s" },
  },
  daytime: {
    description: "daytime (13), time (37): shared while under way, never kept",
    flags: { request: "none", ttl: "0" },
  },
  whois: {
    description: "whois (43)",
    flags: {
      request: "line",
      "key-fold": "trim,squeeze,word", // Not lower: RIPE's -l and -L, -m and -M ask for different things.
      "key-drop": ["^-V [^ ,]+ "], // With a comma it names an address that is asked for.
      cacheable: [
        "!^((.* )?-(\\w*k|[gq]|-persistent)|(?i:begin)( |$))", // Stays open, asks what is new, goes on for lines.
        "!^!([^6agimorv]|$)", // IRRd: all but its plain questions.
      ],
      refusal: WHOIS_REFUSALS,
      "no-store": ["/^%ERROR:(100|203|30[1-5]|401):/m"],
      "ttl-for": [
        "/no match|not found|no entries|no data|nothing found|^status:[ \\t]*(free|available)/im=60s",
      ],
      ttl: "1h",
      "stale-if-error": "24h",
    },
  },
  finger: {
    description: "finger (79); not for forwarding, user@host",
    flags: { request: "line", "key-fold": "trim", cacheable: ["!@"], ttl: "60s", "log-requests": "hash" }, // They name people.
  },
  gopher: {
    description: "gopher (70); not for searches",
    flags: {
      request: "line",
      cacheable: ["!\\t"],
      "no-store": [
        "^3[^\\t\\n]*\\t[^\\t\\n]*\\t[^\\t\\n]*\\t\\d", // A menu's item of type 3, no text that begins with a 3.
        "^(<!DOCTYPE[^>]*>\\s*<HTML>\\s*<HEAD>\\s*<TITLE>)?Error: (File or directory|User) not found|^Error: Access denied!",
      ],
      ttl: "60s",
      "stale-if-error": "24h",
    },
  },
  nex: {
    description: "nex (1900)",
    flags: { request: "line", eol: "lf", ttl: "60s" },
  },
  zookeeper: {
    description: "ZooKeeper's four-letter words (2181)",
    flags: {
      request: "bytes:4",
      allow: ["^[a-z]{4}$"],
      cacheable: ["^(ruok|srvr|stat|mntr|conf|isro|wchs|dirs|envi)$"],
      "no-store": [
        "^\\w{4} is not executed because it is not in the whitelist",
        "not currently serving requests",
      ],
      ttl: "1s",
    },
  },
  haproxy: {
    description: "HAProxy's runtime API, read-only: nothing but \"show …\"; --allow '' opens it",
    flags: {
      request: "line",
      "key-fold": "trim",
      eol: "lf",
      allow: ["^show [^;]*$", "!<<"], // After << it reads on.
      cacheable: ["^show (info|stat|servers|backend|pools|activity|table)( |$)"],
      "no-store": ["^(Unknown command|Permission denied)"],
      ttl: "1s",
    },
  },
  livestatus: {
    description: "MK Livestatus",
    flags: {
      request: "blank",
      eol: "lf",
      cacheable: ["^GET ", "!\\n(KeepAlive:[ \\t]*on|Wait)"],
      empty: "ok", // A question that nothing matches, a command that succeeds.
      "no-store": ["^[45]\\d\\d [ \\d]{11}\\n"],
      ttl: "2s",
    },
  },
  unbound: {
    description:
      "unbound-control, nsd-control without TLS; every reader of the counters has to come through here",
    flags: {
      request: "line",
      "key-fold": "trim,squeeze",
      eol: "lf",
      cacheable: ["^(UB|NSD)CT\\d+ stats(_noreset)?$"],
      "no-store": ["^error"],
      ttl: "10s",
    },
  },
  xymon: {
    description: "Xymon (1984): queries; what changes something is passed on",
    flags: {
      request: "eof",
      cacheable: ["^(ping|query|xymondx?board|xymondx?log|hostinfo)\\b"],
      empty: "ok", // A message that was taken, a board without lines.
      ttl: "5s",
    },
  },
  nrpe: {
    description: "NRPE (5666) without TLS; packets of version 2 are passed on",
    flags: {
      request: "nrpe",
      cacheable: ["^\\x00[\\x03\\x04]\\x00\\x01"],
      ttl: "5s",
      "log-requests": "hash", // Passwords may be among the arguments of a check.
    },
  },
  zabbix: {
    description: "Zabbix agent, passive checks (10050)",
    flags: {
      request: "zbxd",
      "no-store": [
        "/^ZBXD.{9}(.{8})?ZBX_(NOTSUPPORTED|ERROR)/s",
        '/^ZBXD.{9}(.{8})?\\{(?:"version":.*)?"error"\\s*:/s', // Of 7.0; inside a value quotes are escaped.
      ],
      ttl: "2s",
      "log-requests": "hash", // Items have passwords as parameters.
    },
  },
  poems: {
    description: "poetry serve DIRECTORY: poems by title",
    flags: {
      request: "line",
      "key-fold": "lower",
      eol: "lf",
      "ttl-for": ['^No poem called ".*"\\.\\n$=5s', "^No poems\\.\\n$=5s"],
      ttl: "1h",
      "stale-if-error": "24h",
    },
  },
};
