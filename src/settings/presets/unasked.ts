import type { KnownServices } from "./known-service.ts";

/** Services that answer without being asked: whoever connects gets what there is. */
export const unasked: KnownServices = {
  checkmk: {
    description: "Checkmk agent in its plain form, LibreNMS unix-agent (6556)",
    example: "proxy db1:6556 --preset checkmk --port 6556",
    flags: {
      request: "none",
      complete: ["/^(\\xef\\xbb\\xbf)?<<<check_mk>>>|\\A(0\\d|99)/m"], // Else it is encrypted: a number, then noise.
      ttl: "15s",
    },
    notes: [
      "Clients send nothing, or a line that the agent ignores. An agent whose shell complains first",
      '("bash: warning: setlocale …") is an agent all the same. Encrypted the old way (it begins with a',
      "number such as `03`), an answer cannot be judged and is passed as it is. An agent that was",
      "registered for TLS says `16` and waits: that needs TLS, not this. Sections that are sent once",
      "for each remote host (logwatch) reach only one poller, because all come from the proxy's",
      "address.",
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
      "Load balancers send an HTTP request, and the script never reads it. A script that does read it,",
      "to tell `GET /primary` from `GET /replica`, needs `--request blank --allow-http` instead;",
      "`agent-send` of HAProxy needs `--request line`. HTTP answers of 4xx and 5xx and an agent's",
      "`down`, `fail`, `stopped`, `drain` and `maint` are not kept, so that a node that is back is in",
      "use at once.",
    ],
  },
  gmond: {
    description: "Ganglia gmond (8649) and gmetad (8651)",
    example: "proxy node1:8649 --preset gmond --port 8649",
    flags: { request: "none", complete: ["</GANGLIA_XML>\\s*$"], ttl: "5s" },
    notes: [
      "Clients send nothing. gmetad's interactive port (8652) takes a path in a line: `--request line",
      "--preset gmond`. With `gzip_output` there is no tag at the end of the answer: `--complete ''`.",
    ],
  },
  "json-stats": {
    description: "uWSGI stats, nutcracker stats (22222)",
    example: "proxy unix:/run/uwsgi/stats.sock --preset json-stats --port 1717",
    flags: { request: "none", complete: ["json"], ttl: "2s" },
    notes: [
      "Clients send nothing. uWSGI with `--stats-http` puts HTTP before its JSON: `--complete '}\\s*$'`.",
    ],
  },
  daytime: {
    description: "daytime (13), time (37): shared while under way, never kept",
    example: "proxy time.example:13 --preset daytime --port 1313",
    flags: { request: "none", ttl: "0" },
    notes: ["Clients send nothing. Never kept, because the answer is the time."],
  },
};
