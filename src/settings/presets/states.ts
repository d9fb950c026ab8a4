import type { KnownServices } from "./known-service.ts";

/** Services that tell their state, or that of others, to whoever asks in their language. */
export const states: KnownServices = {
  zookeeper: {
    description: "ZooKeeper's four-letter words (2181)",
    example: "proxy zk1:2181 --preset zookeeper --port 12181",
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
    notes: [
      "Four letters; what comes after them, such as a line feed, is discarded. Everything else is",
      "reset, binary clients included. Commands that reset counters, dump sessions or set something are",
      "passed on.",
    ],
  },
  haproxy: {
    description: "HAProxy's runtime API, read-only: nothing but \"show …\"; --allow '' opens it",
    example: "proxy unix:/run/haproxy/admin.sock --preset haproxy --port 9998",
    flags: {
      request: "line",
      "key-fold": "trim",
      eol: "lf",
      allow: ["^show [^;]*$", "!<<"], // After << it reads on.
      cacheable: ["^show (info|stat|servers|backend|pools|activity|table)( |$)"],
      "no-store": ["^(Unknown command|Permission denied)"],
      ttl: "1s",
    },
    notes: [
      "Only `show …` without `;` and `<<` is let through: `show info;disable server x/y` is two",
      "commands, and after `<<` HAProxy reads on. `--allow ''` opens it for everybody who can connect.",
      "With `@1 ` in front (the master's socket), `prompt`, or payloads it needs that, too. `show",
      "sess`, `show errors` and others that are long or about one moment are passed on, not shared.",
    ],
  },
  livestatus: {
    description: "MK Livestatus",
    example: "proxy unix:/run/icinga2/cmd/livestatus --preset livestatus --port 6557",
    flags: {
      request: "blank",
      eol: "lf",
      cacheable: ["^GET ", "!\\n(KeepAlive:[ \\t]*on|Wait)"],
      empty: "ok", // A question that nothing matches, a command that succeeds.
      "no-store": ["^[45]\\d\\d [ \\d]{11}\\n"],
      ttl: "2s",
    },
    notes: [
      "`KeepAlive: on` keeps the connection open, `Wait…` waits, `COMMAND` changes something: passed",
      "on. What comes after the empty line of a question is discarded. A question that nothing matches",
      "and a command that succeeds are answered with nothing. An error without `ResponseHeader:",
      "fixed16` is an empty answer as well, kept for 2 s.",
    ],
  },
  unbound: {
    description:
      "unbound-control, nsd-control without TLS; every reader of the counters has to come through here",
    example: "proxy unix:/run/unbound.ctl --preset unbound --port 8953",
    flags: {
      request: "line",
      "key-fold": "trim,squeeze",
      eol: "lf",
      cacheable: ["^(UB|NSD)CT\\d+ stats(_noreset)?$"],
      "no-store": ["^error"],
      ttl: "10s",
    },
    notes: [
      "`stats` and `stats_noreset` alone are shared; commands that read on (`local_zones`,",
      "`load_cache`, nsd's `addzones`) and those that change something are passed on. unbound knows",
      "neither CR LF nor any number of blanks from all its clients: it always gets one blank and LF.",
    ],
  },
  xymon: {
    description: "Xymon (1984): queries; what changes something is passed on",
    example: "proxy xymon.example:1984 --preset xymon --port 1984",
    flags: {
      request: "eof",
      cacheable: ["^(ping|query|xymondx?board|xymondx?log|hostinfo)\\b"],
      empty: "ok", // A message that was taken, a board without lines.
      ttl: "5s",
    },
    notes: [
      "The message ends when the client ends its side, so nothing is cut off; longer ones than 1 MiB",
      "need `--max-request`. Only queries are shared. A status is answered with nothing, a board",
      "without lines is empty.",
    ],
  },
  nrpe: {
    description: "NRPE (5666) without TLS; packets of version 2 are passed on",
    example: "proxy db1:5666 --preset nrpe --port 5666",
    flags: {
      request: "nrpe",
      cacheable: ["^\\x00[\\x03\\x04]\\x00\\x01"],
      ttl: "5s",
      "log-requests": "hash", // Passwords may be among the arguments of a check.
    },
    notes: [
      "Packets of version 3 and 4 say how long they are; check_nrpe makes them longer than 1036 bytes",
      "where a command and its arguments need it. Version 2 fills its packets with random bytes, so",
      "that no two are the same: passed on. Most servers speak TLS unless both sides have `-n`.",
    ],
  },
  zabbix: {
    description: "Zabbix agent, passive checks (10050)",
    example: "proxy db1:10050 --preset zabbix --port 10050",
    flags: {
      request: "zbxd",
      "no-store": [
        "/^ZBXD.{9}(.{8})?ZBX_(NOTSUPPORTED|ERROR)/s",
        '/^ZBXD.{9}(.{8})?\\{(?:"version":.*)?"error"\\s*:/s', // Of 7.0; inside a value quotes are escaped.
      ],
      ttl: "2s",
      "log-requests": "hash", // Items have passwords as parameters.
    },
    notes: [
      "A packet says how long it is. Zabbix 7.0 asks in JSON, and another timeout makes it another",
      'question. `ZBX_NOTSUPPORTED`, `ZBX_ERROR` and the `"error"` of 7.0 are not kept; the same words',
      "inside a value are a value.",
    ],
  },
};
