import type { KnownServices } from "./known-service.ts";

/** Services that take no request: every client that connects gets the same answer. */
export const unasked: KnownServices = {
  checkmk: {
    description: "Checkmk agent in its plain form, LibreNMS unix-agent (6556)",
    example: "proxy db1:6556 --preset checkmk --port 6556",
    flags: {
      request: "none",
      complete: ["/^(\\xef\\xbb\\xbf)?<<<check_mk>>>|\\A(0\\d|99)/m"], // A number: the answer is encrypted.
      ttl: "15s",
    },
    notes: [
      "Clients send nothing, or a line that the agent ignores. Output of the agent's shell before the",
      'first section ("bash: warning: setlocale …") does no harm. An answer in the old encryption (it',
      "begins with a number such as `03`) cannot be checked and is passed on unchanged. An agent that is",
      "registered for TLS sends `16` and waits for a handshake; this preset cannot help there. Sections",
      "that are sent once per remote host (logwatch) reach only one poller, because all queries come from",
      "the proxy's address.",
    ],
  },
  healthcheck: {
    description: "xinetd health scripts such as clustercheck (9200), HAProxy agent-check",
    example: "proxy db1:9200 --preset healthcheck --port 9200",
    flags: {
      request: "none",
      "no-store": ["^HTTP/\\d\\.\\d [45]", "/^[\\w%:,. \\t]*\\b(down|fail|failed|stopped|drain|maint)\\b/i"],
      ttl: "1s",
    },
    notes: [
      "Load balancers send an HTTP request that the script never reads. A script that does read it, to",
      "tell `GET /primary` from `GET /replica`, needs `--request blank --allow-http` instead; HAProxy's",
      "`agent-send` needs `--request line`. HTTP answers with 4xx or 5xx and an agent's `down`, `fail`,",
      "`stopped`, `drain` and `maint` are not kept, so that a node is used again as soon as it is back.",
    ],
  },
  gmond: {
    description: "Ganglia gmond (8649) and gmetad (8651)",
    example: "proxy node1:8649 --preset gmond --port 8649",
    flags: { request: "none", complete: ["</GANGLIA_XML>\\s*$"], ttl: "5s" },
    notes: [
      "Clients send nothing. gmetad's interactive port (8652) reads a path on one line: use",
      "`--request line --preset gmond`. With `gzip_output` the answer has no closing tag: use",
      "`--complete ''`.",
    ],
  },
  "json-stats": {
    description: "uWSGI stats, nutcracker stats (22222)",
    example: "proxy unix:/run/uwsgi/stats.sock --preset json-stats --port 1717",
    flags: { request: "none", complete: ["json"], ttl: "2s" },
    notes: [
      "Clients send nothing. uWSGI with `--stats-http` sends HTTP before its JSON: `--complete '}\\s*$'`.",
    ],
  },
  daytime: {
    description: "daytime (13), time (37): shared while under way, never kept",
    example: "proxy time.example:13 --preset daytime --port 1313",
    flags: { request: "none", ttl: "0" },
    notes: ["Clients send nothing. Never kept, because the answer is the time."],
  },
};
