import type { KnownServices } from "./known-service.ts";

/** Services that report state, their own or that of others, in answer to a query. */
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
      "A request is four letters; anything after them, such as a line feed, is discarded. Clients that",
      "send anything else are reset, binary clients included. Commands that reset counters, dump sessions",
      "or set something are passed on.",
    ],
  },
  haproxy: {
    description: "HAProxy's runtime API, read-only: nothing but \"show …\"; --allow '' opens it",
    example: "proxy unix:/run/haproxy/admin.sock --preset haproxy --port 9998",
    flags: {
      request: "line",
      "key-fold": "trim",
      eol: "lf",
      allow: ["^show [^;]*$", "!<<"], // After <<, HAProxy reads a payload.
      cacheable: ["^show (info|stat|servers|backend|pools|activity|table)( |$)"],
      "no-store": ["^(Unknown command|Permission denied)"],
      ttl: "1s",
    },
    notes: [
      "Only `show …` without `;` and `<<` is allowed: `show info;disable server x/y` is two commands,",
      "and after `<<` HAProxy reads a payload. `--allow ''` allows every command, for everyone who can",
      "connect. The prefix `@1 ` (on the master socket), `prompt` and payloads need it, too. `show sess`,",
      "`show errors` and others that are long or describe one moment are passed on, not shared.",
    ],
  },
  livestatus: {
    description: "MK Livestatus",
    example: "proxy unix:/run/icinga2/cmd/livestatus --preset livestatus --port 6557",
    flags: {
      request: "blank",
      eol: "lf",
      cacheable: ["^GET ", "!\\n(KeepAlive:[ \\t]*on|Wait)"],
      empty: "ok", // A query without matches, a command that succeeds.
      "no-store": ["^[45]\\d\\d [ \\d]{11}\\n"],
      ttl: "2s",
    },
    notes: [
      "`KeepAlive: on` keeps the connection open, `Wait…` waits, `COMMAND` changes something: all are",
      "passed on. Anything after the empty line that ends a query is discarded. A query without matches",
      "and a command that succeeds get an empty answer. Without `ResponseHeader: fixed16` so does an",
      "error, which is then kept for 2 s.",
    ],
  },
  unbound: {
    description:
      "unbound-control, nsd-control without TLS; everyone who reads the counters has to use this proxy",
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
      "Only `stats` and `stats_noreset` are shared; commands that read more input (`local_zones`,",
      "`load_cache`, nsd's `addzones`) and those that change something are passed on. unbound accepts",
      "neither CR LF nor repeated blanks, so it always gets single blanks and LF.",
    ],
  },
  xymon: {
    description: "Xymon (1984): queries; messages that change something are passed on",
    example: "proxy xymon.example:1984 --preset xymon --port 1984",
    flags: {
      request: "eof",
      cacheable: ["^(ping|query|xymondx?board|xymondx?log|hostinfo)\\b"],
      empty: "ok", // A message that was accepted, a board without lines.
      ttl: "5s",
    },
    notes: [
      "A message ends when the client closes its side, so none is cut short; those longer than 1 MiB",
      "need `--max-request`. Only queries are shared. A status message gets an empty answer, and so does",
      "a query for a board without lines.",
    ],
  },
  nrpe: {
    description: "NRPE (5666) without TLS; packets of version 2 are passed on",
    example: "proxy db1:5666 --preset nrpe --port 5666",
    flags: {
      request: "nrpe",
      cacheable: ["^\\x00[\\x03\\x04]\\x00\\x01"],
      ttl: "5s",
      "log-requests": "hash", // The arguments of a check may include passwords.
    },
    notes: [
      "Packets of versions 3 and 4 carry their length; check_nrpe makes them longer than 1036 bytes if a",
      "command and its arguments need it. Version 2 pads its packets with random bytes, so that no two",
      "are equal: they are passed on. Most servers speak TLS unless both sides run with `-n`.",
    ],
  },
  zabbix: {
    description: "Zabbix agent, passive checks (10050)",
    example: "proxy db1:10050 --preset zabbix --port 10050",
    flags: {
      request: "zbxd",
      "no-store": [
        "/^ZBXD.{9}(.{8})?ZBX_(NOTSUPPORTED|ERROR)/s",
        '/^ZBXD.{9}(.{8})?\\{(?:"version":.*)?"error"\\s*:/s', // Zabbix 7.0; inside a value, quotes are escaped.
      ],
      ttl: "2s",
      "log-requests": "hash", // Parameters of items may be passwords.
    },
    notes: [
      "A packet carries its length. Zabbix 7.0 sends queries in JSON, where a different timeout makes a",
      'different key. `ZBX_NOTSUPPORTED`, `ZBX_ERROR` and the `"error"` of 7.0 are not kept; the same',
      "words inside a value do not matter.",
    ],
  },
};
