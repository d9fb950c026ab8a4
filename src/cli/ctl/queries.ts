import type { EntryView } from "../../admin/control/entries.ts";
import { sizeText } from "../../observe/numbers/size.ts";
import type { ServiceStatus, Status, StoreStatus, UpstreamStatus } from "../../observe/numbers/status.ts";
import { ls as lsSettings, show as showSettings, status as statusSettings } from "../../settings/ctl.ts";
import { command } from "../command.ts";
import { print } from "../print.ts";
import { typedText } from "./key.ts";
import { replyTo, send, withQuery } from "./send.ts";
import { percent, table, time } from "./table.ts";

/** `poetry ctl status`. With --quiet, exit code 1 if the process is draining or cannot be reached. */
export const status = command(
  {
    name: "ctl status",
    description: "Show what a running poetry is doing: its services, their clients, caches and upstreams.",
    settings: statusSettings,
    examples: [
      ["ctl status", "Show every service of the process"],
      ["ctl status --quiet", "Tell by the exit code alone whether it is serving, for health checks"],
    ],
  },
  async ({ values: { socket, json, quiet, service } }) => {
    const reply = await replyTo(socket, withQuery("/status", { service }), {});
    if (typeof reply === "number") return reply;
    const now = JSON.parse(reply.body) as Status;
    if (quiet) return now.draining ? 1 : 0;
    return await print(1, json ? reply.body : statusText(now));
  },
);

/** `poetry ctl ls`. With --json, the reply is printed as it is: one object per line. */
export const ls = command(
  {
    name: "ctl ls",
    description: "List the answers in the caches of a running poetry.",
    settings: lsSettings,
    examples: [
      ["ctl ls --sort hits -n 10", "The ten most requested"],
      ["ctl ls --match '^ecstasy' --json", "Those whose key begins with ecstasy, one JSON object per line"],
    ],
  },
  ({ values: { socket, json, match, sort, limit, service } }) =>
    send(
      { socket, json },
      withQuery("/entries", { match, sort, n: String(limit), service }),
      {},
      entriesText,
    ),
);

/** `poetry ctl show`. Exit code 1 if there is no entry. */
export const show = command(
  {
    name: "ctl show",
    description: "Show what the caches have for one request.",
    settings: showSettings,
    examples: [["ctl show ecstasy", "The answer to clients that send the line ecstasy"]],
  },
  async ({ values: { socket, json, key, service } }) => {
    const reply = await replyTo(socket, withQuery("/entry", { key: typedText(key), service }), {});
    if (typeof reply === "number") return reply;
    const views = JSON.parse(reply.body) as EntryView[];
    await print(1, json ? reply.body : views.length > 0 ? entriesTable(views) : "Not in the cache.\n");
    return views.length > 0 ? 0 : 1;
  },
);

/** The answer of /entries, one JSON object per line, as a table. */
export function entriesText(lines: string): string {
  const views = lines.split("\n").flatMap((line) => (line === "" ? [] : (JSON.parse(line) as EntryView)));
  return views.length > 0 ? entriesTable(views) : "No entries.\n";
}

/** Keys come last, because they may be long. */
function entriesTable(views: readonly EntryView[]): string {
  return table(
    ["SERVICE", "SIZE", "AGE", "TTL LEFT", "HITS", "STATE", "KEY"],
    views.map((each) => [
      each.service,
      sizeText(each.bytes),
      time(each.age_s),
      time(each.ttl_left_s),
      String(each.hits),
      each.held_s === undefined ? each.state : `${each.state}, held ${time(each.held_s)}`,
      each.terminated === false ? `${each.key} (no terminator)` : each.key,
    ]),
  );
}

/** The status as tables: services, and upstreams and stores, if there are any. */
export function statusText(now: Status): string {
  const state = now.draining ? "draining" : "serving";
  const head = `poetry ${now.version}, ${state}, up ${time(now.up_s)}, ${sizeText(now.memory_bytes)} of memory\n`;
  const upstreams = now.services.flatMap(({ name, upstreams: all }) =>
    all.map((each) => upstreamRow(name, each)),
  );
  const services = table(
    [
      "SERVICE",
      "CLIENTS",
      "WAITING",
      "SERVED",
      "FAILED",
      "PER SECOND",
      "HITS",
      "ENTRIES",
      "CACHE",
      "FETCHES",
      "QUEUE",
    ],
    now.services.map(serviceRow),
  );
  const columns = ["SERVICE", "UPSTREAM", "STATE", "LAST ANSWER", "FETCHES", "FAILED", "AVERAGE", "LONGEST"];
  const tables = [
    services,
    ...(upstreams.length > 0 ? [table(columns, upstreams)] : []),
    ...(now.stores.length > 0 ? [table(STORE_COLUMNS, now.stores.map(storeRow))] : []),
  ];
  return `${head}\n${tables.join("\n")}`;
}

/** The heads of the columns that `storeRow` fills. */
const STORE_COLUMNS = [
  "STORE",
  "STATE",
  "ENTRIES",
  "SIZE",
  "HITS",
  "MISSES",
  "WRITTEN",
  "DAMAGED",
  "FAILURES",
];

function storeRow({
  name,
  up,
  entries,
  bytes,
  hits,
  misses,
  puts,
  damaged,
  failures,
}: StoreStatus): string[] {
  return [
    name,
    up ? "up" : "bypassed",
    entries === undefined ? "" : String(entries),
    bytes === undefined ? "" : sizeText(bytes),
    ...[hits, misses, puts, damaged, failures].map(String),
  ];
}

/** Rates are those of the last 10 seconds, hit ratios of the last 100; totals are since the start. */
function serviceRow({ name, clients, waiters, requests, cache, fetches }: ServiceStatus): string[] {
  const { all, last_10s: recent } = requests;
  return [
    name,
    String(clients.now),
    cell(waiters),
    String(all.served),
    String(all.failed),
    recent.per_s.toFixed(1),
    percent(requests.last_100s.hit_ratio),
    cell(cache?.entries),
    cache ? sizeText(cache.bytes) : "-",
    cell(fetches?.in_flight),
    cell(fetches?.queue),
  ];
}

/** Times of day are in UTC. */
function upstreamRow(service: string, upstream: UpstreamStatus): string[] {
  const { name, up, why, held_until: until, last_success: last, fetches, failures } = upstream;
  return [
    service,
    name,
    up ? "up" : `held until ${until?.slice(11, 19)} (${why})`,
    last?.slice(11, 19) ?? "-",
    String(fetches),
    String(failures),
    time(upstream.average_s),
    time(upstream.max_s),
  ];
}

/** A number, or `-` for what a service does not have. */
function cell(value: number | undefined): string {
  return value === undefined ? "-" : String(value);
}
