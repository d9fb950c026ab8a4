import type { KnownServices } from "./known-service.ts";
import { WHOIS_REFUSALS } from "./whois-refusals.ts";

/** Directories and archives: a request is one line that names what is wanted. */
export const lookUps: KnownServices = {
  whois: {
    description: "whois (43)",
    example: "proxy whois.ripe.net:43 --preset whois --port 4343",
    flags: {
      request: "line",
      "key-fold": "trim,squeeze,word", // Not lower: RIPE's -l and -L, -m and -M are different queries.
      "key-drop": ["^-V [^ ,]+ "], // With a comma, -V names the address to query for.
      cacheable: [
        "!^((.* )?-(\\w*k|[gq]|-persistent)|(?i:begin)( |$))", // They keep the connection open, ask for changes, announce more lines.
        "!^!([^6agimorv]|$)", // IRRd: everything but plain queries.
      ],
      refusal: WHOIS_REFUSALS,
      "no-store": ["/^%ERROR:(100|203|30[1-5]|401):/m"],
      "ttl-for": [
        "/no match|not found|no entries|no data|nothing found|^status:[ \\t]*(free|available)/im=60s",
      ],
      ttl: "1h",
      "stale-if-error": "24h",
    },
    notes: [
      "These are passed on: flags that keep the connection open (`-k`, `--persistent-connection`, `!!`)",
      "or announce more lines (`begin`), queries for what is new (NRTM's `-g RADB:3:101-LAST`,",
      "`-q sources`, `!j`, `!J`), and IRRd's commands that concern a session or change something. Case",
      "matters only next to flags and signs: `-l` and `-L` are two queries, `Example.ORG` and",
      "`example.org` are the same. `-V Md5.5` names the client program and is dropped; `-V x,10.0.0.1`",
      "names an address to query on behalf of, which the registry may refuse (`%ERROR:203`), so it is part",
      'of the key. Refusals ("too many queries") are recognized by whole phrases at the start of a line,',
      "where nobody who registers a name can put them.",
    ],
  },
  finger: {
    description: "finger (79); not for forwarding, user@host",
    example: "proxy shells.example:79 --preset finger --host 127.0.0.2 --port 79",
    flags: { request: "line", "key-fold": "trim", cacheable: ["!@"], ttl: "60s", "log-requests": "hash" }, // Requests name people.
    notes: [
      "`user@host`, which the server would forward, is passed on. `/W` and case are part of the key.",
      "A server that answers by the client's address sees that of the proxy.",
    ],
  },
  gopher: {
    description: "gopher (70); not for searches",
    example: "proxy gopher.example:70 --preset gopher --port 7070",
    flags: {
      request: "line",
      cacheable: ["!\\t"],
      "no-store": [
        "^3[^\\t\\n]*\\t[^\\t\\n]*\\t[^\\t\\n]*\\t\\d", // A menu item of type 3, not a text that begins with a 3.
        "^(<!DOCTYPE[^>]*>\\s*<HTML>\\s*<HEAD>\\s*<TITLE>)?Error: (File or directory|User) not found|^Error: Access denied!",
      ],
      ttl: "60s",
      "stale-if-error": "24h",
    },
    notes: [
      "Searches and gopher+ contain a tab and are passed on. Blanks and case are part of a selector.",
      "Menus name the server's own host and port. Lines are always sent with CR LF, because some servers",
      "accept nothing else. An error is a menu item of type 3 or one of Gophernicus' error sentences;",
      'other text that begins with a 3 or with "Error: " is kept.',
    ],
  },
  nex: {
    description: "nex (1900)",
    example: "proxy nex.example:1900 --preset nex --port 1900",
    flags: { request: "line", eol: "lf", ttl: "60s" },
    notes: ["Like gopher, but lines end with LF."],
  },
  poems: {
    description: "poetry serve DIRECTORY: poems by title",
    example: "proxy 10001 --preset poems --port 10000",
    flags: {
      request: "line",
      "key-fold": "lower",
      eol: "lf",
      "ttl-for": ['^No poem called ".*"\\.\\n$=5s', "^No poems\\.\\n$=5s"],
      ttl: "1h",
      "stale-if-error": "24h",
    },
    notes: [
      'Titles ignore case. "No poem called …" is kept for 5 s, so that a new poem is found soon; the',
      "list of titles (an empty line) is kept as long as a poem.",
    ],
  },
};
