import type { KnownServices } from "./known-service.ts";
import { WHOIS_REFUSALS } from "./whois-refusals.ts";

/** Directories and archives: a line asks for something by its name. */
export const lookUps: KnownServices = {
  whois: {
    description: "whois (43)",
    example: "proxy whois.ripe.net:43 --preset whois --port 4343",
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
    notes: [
      "Flags that keep the connection open (`-k`, `--persistent-connection`, `!!`) or announce more",
      "lines (`begin`), questions about what is new (NRTM's `-g RADB:3:101-LAST`, `-q sources`, `!j`,",
      "`!J`) and IRRd's commands that are about a session or change something are passed on. Upper and",
      "lower case count only beside flags and signs: `-l` and `-L` are two questions, `Example.ORG` and",
      "`example.org` one. `-V Md5.5` names the client's program and is dropped; `-V x,10.0.0.1` names",
      "an address that is asked for, which the registry may refuse (`%ERROR:203`), so it is part of the",
      "question. What registries say when they have been asked too often is known by whole phrases at",
      "the start of a line, where nobody who registers a name can write them.",
    ],
  },
  finger: {
    description: "finger (79); not for forwarding, user@host",
    example: "proxy shells.example:79 --preset finger --host 127.0.0.2 --port 79",
    flags: { request: "line", "key-fold": "trim", cacheable: ["!@"], ttl: "60s", "log-requests": "hash" }, // They name people.
    notes: [
      "`user@host` is forwarded by the server and passed on. `/W` and case are part of the question.",
      "Answers that depend on the client's address depend on the proxy's.",
    ],
  },
  gopher: {
    description: "gopher (70); not for searches",
    example: "proxy gopher.example:70 --preset gopher --port 7070",
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
    notes: [
      "Searches and gopher+ have a tab and are passed on. Blanks and case are part of a selector. Menus",
      "name the server's own host and port. Servers that take CR LF only get CR LF, whatever a client",
      "sends. An error is a menu item of type 3, or Gophernicus' sentence; a text that begins with a 3",
      'or with "Error: " is a text.',
    ],
  },
  nex: {
    description: "nex (1900)",
    example: "proxy nex.example:1900 --preset nex --port 1900",
    flags: { request: "line", eol: "lf", ttl: "60s" },
    notes: ["As gopher, but lines end with LF."],
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
      'A title in any case is one poem. "No poem called …" is kept for 5 s, so that a new poem is soon',
      "found; the list of titles (an empty line) is kept as long as a poem.",
    ],
  },
};
