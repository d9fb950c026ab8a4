import { describe, expect, test } from "bun:test";
import type { Address } from "../../src/net/address.ts";
import type { Events } from "../../src/observe/events.ts";
import { FACTS } from "../../src/observe/facts.ts";
import type { LogLevel } from "../../src/observe/lines.ts";
import { createLog, type LogOptions } from "../../src/observe/log.ts";
import { observerOf } from "../../src/observe/observer-of.ts";
import { FetchError } from "../../src/services/fetch/errors.ts";
import type { FetchRecord } from "../../src/services/fetch/record.ts";
import { LibraryError } from "../../src/services/poems/poem-library.ts";
import { TransformError } from "../../src/services/transform/transformation.ts";
import { recordOf, visitOf } from "../support/observed.ts";
import { LogLines } from "../support/log-lines.ts";

const address: Address = { host: "127.0.0.1", port: 10000 };
const upstream: Address = { host: "::1", port: 10001 };
const upstreams = [upstream];
const named: Address = { host: "poems.test", port: 10001 };
const unreadable = new LibraryError("poetry/ecstasy.txt", Object.assign(new Error("no"), { code: "EACCES" }));
const error = new FetchError(upstream, "reset", 12, "connection reset (ECONNRESET) after 12 bytes");

const visit = visitOf;
const record = (rest: Partial<FetchRecord> = {}, request = "") => recordOf(upstream, rest, request);

type Row = {
  [What in keyof Events]: readonly [
    what: What,
    about: Events[What],
    level: LogLevel,
    line: string,
    fields: object,
  ];
}[keyof Events];

const CLIENT = "10.0.0.7:50123";
const OVER = { client: CLIENT, bytes_in: 0, bytes_out: 0 };
const FETCH = { fetch: 7, upstream: "[::1]:10001", cause: "miss" };

const ROWS: readonly Row[] = [
  [
    "serving",
    { poem: "poetry/ecstasy.txt", address },
    "notice",
    "Serving poetry/ecstasy.txt on 127.0.0.1:10000.",
    { poem: "poetry/ecstasy.txt", address: "127.0.0.1:10000" },
  ],
  [
    "servingTitles",
    { directory: "poetry", address },
    "notice",
    "Serving poems by title from poetry on 127.0.0.1:10000.",
    { directory: "poetry", address: "127.0.0.1:10000" },
  ],
  [
    "proxying",
    { upstreams, address },
    "notice",
    "Proxying [::1]:10001 on 127.0.0.1:10000.",
    { upstream: "[::1]:10001", address: "127.0.0.1:10000" },
  ],
  [
    "emptyMeansTwo",
    { address: { path: "/run/poem.sock" } },
    "warn",
    "On unix:/run/poem.sock clients cannot tell an empty answer (--empty ok) from a failure: a Unix socket has no reset.",
    { address: "unix:/run/poem.sock" },
  ],
  [
    "servingTransforms",
    { count: 6, address },
    "notice",
    "Serving 6 transformations on 127.0.0.1:10000.",
    { transformations: 6, address: "127.0.0.1:10000" },
  ],
  [
    "proxyingTransforms",
    { upstreams, address },
    "notice",
    "Proxying transformations of [::1]:10001 on 127.0.0.1:10000.",
    { upstream: "[::1]:10001", address: "127.0.0.1:10000" },
  ],
  [
    "transformed",
    { names: ["shout", "rot13"], bytes: 3003, ms: 1.6 },
    "info",
    "Transformed 3003 bytes by shout, rot13 in 2ms.",
    { transformations: ["shout", "rot13"], bytes: 3003, total_s: 0.0016 },
  ],
  [
    "transformFailed",
    { error: new TransformError("upper", "exit", "exit code 1"), ms: 250 },
    "warn",
    "Cannot transform by upper: exit code 1",
    { transformation: "upper", reason: "exit", total_s: 0.25 },
  ],
  ["fetching", record(), "info", "Fetching poem from server.", FETCH],
  [
    "fetching",
    record({}, "ecstasy\r\n"),
    "info",
    'Fetching poem from server. [fetch 7, "ecstasy"]',
    { ...FETCH, request: "ecstasy" },
  ],
  [
    "retrying",
    record({ attempts: 1, error }),
    "info",
    "Cannot fetch from [::1]:10001: connection reset (ECONNRESET) after 12 bytes; trying again, attempt 2. [fetch 7]",
    { ...FETCH, attempt: 2 },
  ],
  [
    "connected",
    record({ connectMs: 12.4 }),
    "debug",
    "Connected to [::1]:10001 in 12ms. [fetch 7]",
    { ...FETCH, connect_s: 0.0124 },
  ],
  [
    "fetched",
    record({ bytes: 3003, ms: 2000.4 }),
    "info",
    "Fetched 3003 bytes from [::1]:10001 in 2s.",
    { ...FETCH, bytes: 3003, total_s: 2.0004 },
  ],
  [
    "fetchFailed",
    record({ error, ms: 250 }),
    "warn",
    "Cannot fetch from [::1]:10001: connection reset (ECONNRESET) after 12 bytes [fetch 7]",
    { ...FETCH, reason: "reset", bytes: 12, total_s: 0.25 },
  ],
  [
    "connected",
    record({ connectMs: 12.4, upstream: named, address: upstream }),
    "debug",
    "Connected to poems.test:10001 (::1) in 12ms. [fetch 7]",
    { ...FETCH, upstream: "poems.test:10001", address: "[::1]:10001", connect_s: 0.0124 },
  ],
  [
    "held",
    { upstream, address: upstream, ms: 1102.4, error },
    "warn",
    "Avoiding [::1]:10001 for 1s: connection reset (ECONNRESET) after 12 bytes.",
    { upstream: "[::1]:10001", held_s: 1.1024, reason: "reset" },
  ],
  [
    "released",
    { upstream: named, address: upstream },
    "notice",
    "poems.test:10001 (::1) answers again.",
    { upstream: "poems.test:10001", address: "[::1]:10001" },
  ],
  [
    "lookUpFailed",
    { host: "poems.test", detail: "no such host (ENOTFOUND)", addresses: ["127.0.0.1", "::1"] },
    "warn",
    "Cannot resolve poems.test: no such host (ENOTFOUND); going on with 127.0.0.1, ::1.",
    { host: "poems.test", addresses: ["127.0.0.1", "::1"] },
  ],
  [
    "notKept",
    { fetch: 7, bytes: 12, why: "no_store" },
    "info",
    "Not keeping the answer: it matches --no-store. [fetch 7]",
    { fetch: 7, bytes: 12, why_not: "no_store" },
  ],
  [
    "waiting",
    visit({ status: "miss" }),
    "debug",
    `Cache miss: ${CLIENT}.`,
    { client: CLIENT, cache: "miss" },
  ],
  [
    "waiting",
    visit({ status: "coalesced" }),
    "debug",
    `Waiting for the fetch under way: ${CLIENT}.`,
    { client: CLIENT, cache: "coalesced" },
  ],
  [
    "waiting",
    visit({ status: "pass", request: Buffer.from("x".repeat(101)) }),
    "debug",
    `Not cacheable, fetching for one client alone: ${CLIENT}. ["${"x".repeat(100)}…"]`,
    { client: CLIENT, cache: "pass", request: `${"x".repeat(100)}…` },
  ],
  [
    "piping",
    visit({ status: "pass", request: Buffer.from("drop\n") }),
    "debug",
    `Not cacheable, passing through: ${CLIENT}. ["drop"]`,
    { client: CLIENT, cache: "pass", request: "drop" },
  ],
  [
    "visited",
    visit({ status: "hit", ending: "ok" }),
    "info",
    "Using cached poem.",
    { ...OVER, cache: "hit", ending: "ok" },
  ],
  [
    "visited",
    visit({ status: "hit", ending: "ok", request: Buffer.from("a\x1bb\n"), fetch: 3 }),
    "info",
    'Using cached poem. ["a\\x1bb"]',
    { ...OVER, cache: "hit", ending: "ok", request: "a\\x1bb", fetch: 3 },
  ],
  [
    "visited",
    visit({ status: "stale", ending: "ok" }),
    "info",
    "Using stale cached poem.",
    { ...OVER, cache: "stale", ending: "ok" },
  ],
  [
    "visited",
    visit({ status: "miss", ending: "ok", bytesOut: 653, waitedMs: 12.4, fetch: 7 }),
    "debug",
    `Served ${CLIENT}: 653 bytes, miss, after 12ms. [fetch 7]`,
    { ...OVER, bytes_out: 653, cache: "miss", wait_s: 0.0124, fetch: 7, ending: "ok" },
  ],
  [
    "visited",
    visit({ ending: "ok", bytesOut: 653 }),
    "debug",
    `Served ${CLIENT}: 653 bytes.`,
    { ...OVER, bytes_out: 653, ending: "ok" },
  ],
  [
    "visited",
    visit({ ending: "client/request/too_long", isReset: true, detail: "request longer than 4096 bytes" }),
    "info",
    `Reset ${CLIENT}: request longer than 4096 bytes.`,
    { ...OVER, ending: "client/request/too_long" },
  ],
  [
    "visited",
    visit({ ending: "client/request/unknown", detail: 'unknown transformation "x"' }),
    "info",
    `Closed ${CLIENT} without an answer: unknown transformation "x".`,
    { ...OVER, ending: "client/request/unknown" },
  ],
  [
    "visited",
    visit({ ending: "client/data/timeout", isReset: true }),
    "info",
    `Reset ${CLIENT}: it read nothing for too long.`,
    { ...OVER, ending: "client/data/timeout" },
  ],
  [
    "visited",
    visit({ ending: "upstream/data/reset", isReset: true, status: "coalesced", fetch: 7 }),
    "debug",
    `Reset ${CLIENT}: the connection to the upstream was reset. [fetch 7]`,
    { ...OVER, cache: "coalesced", fetch: 7, ending: "upstream/data/reset" },
  ],
  [
    "visited",
    visit({ ending: "client/wait/left", status: "miss" }),
    "debug",
    `${CLIENT} left before its answer arrived.`,
    { ...OVER, cache: "miss", ending: "client/wait/left" },
  ],
  [
    "turnedAway",
    visit({ ending: "proxy/accept/limit", isReset: true }),
    "info",
    `Turned ${CLIENT} away: too many clients.`,
    { ...OVER, ending: "proxy/accept/limit" },
  ],
  [
    "sending",
    { bytes: 3003, client: visit() },
    "info",
    `Sending 3003 bytes of poetry to ${CLIENT}.`,
    { bytes: 3003, client: CLIENT },
  ],
  [
    "listing",
    { titles: 5, client: visit() },
    "info",
    `Sending 5 titles to ${CLIENT}.`,
    { titles: 5, client: CLIENT },
  ],
  [
    "unknownTitle",
    { title: "daffodils", client: visit() },
    "info",
    `Unknown title "daffodils", requested by ${CLIENT}.`,
    { title: "daffodils", client: CLIENT },
  ],
  [
    "libraryFailed",
    { error: unreadable, client: visit() },
    "warn",
    "Cannot read poetry/ecstasy.txt: permission denied (EACCES)",
    { client: CLIENT },
  ],
  [
    "waitingForFile",
    { file: "/dev/fd/63" },
    "info",
    "Waiting for the end of /dev/fd/63.",
    { file: "/dev/fd/63" },
  ],
  [
    "skipped",
    { file: "ecstasy.txt", reason: "same title as Ecstasy.txt" },
    "warn",
    "Not serving ecstasy.txt: same title as Ecstasy.txt.",
    { file: "ecstasy.txt" },
  ],
  [
    "certificateExpires",
    { file: "tls/ec.pem", expires: Date.UTC(2027, 1, 24, 12), days: 13 },
    "warn",
    "The certificate tls/ec.pem expires in 13 days, on 2027-02-24.",
    { file: "tls/ec.pem", expires: "2027-02-24", days: 13 },
  ],
  [
    "certificateExpires",
    { file: "ec.pem", expires: Date.UTC(2027, 1, 24), days: 1 },
    "warn",
    "The certificate ec.pem expires in 1 day, on 2027-02-24.",
    { file: "ec.pem", expires: "2027-02-24", days: 1 },
  ],
  [
    "certificateExpires",
    { file: "ec.pem", expires: Date.UTC(2027, 1, 24), days: 0 },
    "warn",
    "The certificate ec.pem expires within a day, on 2027-02-24.",
    { file: "ec.pem", expires: "2027-02-24", days: 0 },
  ],
  [
    "certificateExpires",
    { file: "ec.pem", expires: Date.UTC(2021, 0, 1), days: -2000 },
    "warn",
    "The certificate ec.pem expired on 2021-01-01.",
    { file: "ec.pem", expires: "2021-01-01", days: -2000 },
  ],
  ["bug", "something thrown", "error", "Bug in poetry, please report it: something thrown", {}],
  ["startFailed", new Error("Cannot listen"), "error", "Cannot listen", {}],
  [
    "draining",
    { signal: "SIGTERM", clients: 2, timeout: 10_000 },
    "notice",
    "Shutting down on SIGTERM: waiting up to 10s for 2 clients.",
    { signal: "SIGTERM", clients: 2 },
  ],
  [
    "stopping",
    { signal: "SIGTERM", served: 0, reset: 0 },
    "notice",
    "Stopped on SIGTERM.",
    { signal: "SIGTERM", served: 0, reset: 0 },
  ],
  [
    "stopping",
    { signal: "SIGINT", served: 0, reset: 1 },
    "warn",
    "Stopped on SIGINT: 1 client could not be served in time and will be reset.",
    { signal: "SIGINT", served: 0, reset: 1 },
  ],
  [
    "storeFailing",
    { store: "/var/lib/poetry.db", error: new Error("disk full") },
    "warn",
    "The store /var/lib/poetry.db has failed and is bypassed: disk full.",
    { store: "/var/lib/poetry.db" },
  ],
  [
    "storeRestored",
    { store: "/var/lib/poetry.db" },
    "notice",
    "The store /var/lib/poetry.db works again.",
    { store: "/var/lib/poetry.db" },
  ],
  [
    "metricsOpened",
    { address: { path: "/run/x.sock" } },
    "notice",
    "Serving metrics on unix:/run/x.sock",
    { address: "unix:/run/x.sock" },
  ],
  [
    "controlOpened",
    { path: "/run/x.sock" },
    "notice",
    "Listening for poetry ctl on /run/x.sock.",
    { path: "/run/x.sock" },
  ],
  ["ordered", { order: "Purged all answers: 3 entries." }, "notice", "Purged all answers: 3 entries.", {}],
  ["logReopened", { file: "/x.log" }, "notice", "Reopened /x.log.", { file: "/x.log" }],
  [
    "logNotReopened",
    { file: "/x.log", error: new Error("Cannot reopen /x.log: permission denied (EACCES)") },
    "error",
    "Cannot reopen /x.log: permission denied (EACCES)",
    { file: "/x.log" },
  ],
  [
    "reloaded",
    { services: 5, added: 1, removed: 2, changed: 3, ms: 250 },
    "notice",
    "Reloaded: 5 services, 1 added, 2 removed, 3 changed.",
    { services: 5, added: 1, removed: 2, changed: 3, total_s: 0.25 },
  ],
  [
    "withoutLibc",
    undefined,
    "notice",
    "bun:ffi does not work here (on this system, or without a JIT). Missing without it: time limits on data that the kernel holds for slow clients, long accept queues, replacing stale socket files, reliable answers from Unix upstreams that hang up at once.",
    {},
  ],
  [
    "fewDescriptors",
    { limit: 64, clients: 32 },
    "notice",
    "Only 64 files may be open (ulimit -n): at most 32 clients at a time.",
    { limit: 64, clients: 32 },
  ],
  [
    "managerUntold",
    new Error("Cannot tell the service manager at /run/x: no such file (ENOENT)"),
    "warn",
    "Cannot tell the service manager at /run/x: no such file (ENOENT).",
    {},
  ],
  [
    "startsEmpty",
    { reason: "upstream has changed" },
    "notice",
    "Starting with an empty cache: upstream has changed.",
    {},
  ],
  [
    "notReloaded",
    { setting: "log.format" },
    "warn",
    "log.format has changed; this takes effect at the next start.",
    { setting: "log.format" },
  ],
  ["upgrading", { path: "/usr/bin/poetry" }, "notice", "Upgrading: starting /usr/bin/poetry.", {}],
  [
    "upgraded",
    { pid: 4711, version: "0.2.0", ms: 80 },
    "notice",
    "Upgraded: process 4711 (poetry 0.2.0) has taken over.",
    { pid: 4711, version: "0.2.0", total_s: 0.08 },
  ],
  [
    "upgradeFailed",
    { reason: "it did not start serving within 30s" },
    "error",
    "Not upgraded: it did not start serving within 30s.",
    {},
  ],
  ["tookOver", { pid: 4710 }, "notice", "Took over from process 4710.", { pid: 4710 }],
  ["reloadFailed", { reason: "f.toml:1:1: no" }, "error", "Not reloaded: f.toml:1:1: no", {}],
  ["crashed", "off by one", "error", "Bug in poetry, stopping: off by one", {}],
  ["getFailed", new Error("Cannot fetch"), "error", "Cannot fetch", {}],
  ["notTransformed", "no such thing", "warn", "no such thing; printing the poem unchanged", {}],
];

function observe([what, about]: Row, options: Partial<LogOptions> = {}): string[] {
  const stream = new LogLines();
  const log = createLog({ format: "text", quiet: false, verbose: true, stream, ...options });
  (observerOf(log)[what] as (about: unknown) => void)(about);
  return stream.lines;
}

describe("observerOf()", () => {
  test("is tested with every event that has a line", () => {
    const logged = Object.entries(FACTS).filter(([, { level }]) => level !== "unlogged");
    expect(logged.map(([what]) => what).toSorted()).toEqual(
      [...new Set(ROWS.map(([what]) => what))].toSorted(),
    );
  });

  test.each(ROWS.map((row) => [row[0], row[3], row] as const))(
    "has a line for %s: %s",
    (_what, line, row) => {
      const [, , level] = row;
      const mark = level === "warn" || level === "error" ? `${level}: ` : "";
      expect(observe(row)).toEqual([`${mark}${line}\n`]);
    },
  );

  test.each(ROWS.map((row) => [row[0], row[3], row] as const))("has fields for %s: %s", (what, line, row) => {
    const [, , level, , fields] = row;
    const event = what.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    expect(observe(row, { format: "json" }).map((each) => JSON.parse(each) as unknown)).toEqual([
      { ts: expect.any(String), level: level === "notice" ? "info" : level, msg: line, event, ...fields },
    ]);
  });

  test.each(ROWS.map((row) => [row[0], row[3], row] as const))(
    "shows %s at its level only: %s",
    (_what, _line, row) => {
      const [, , level] = row;
      expect(observe(row, { verbose: true })).toHaveLength(1);
      expect(observe(row, { verbose: false })).toHaveLength(level === "debug" ? 0 : 1);
      const isTold = level === "warn" || level === "error" || level === "notice";
      expect(observe(row, { verbose: false, quiet: true })).toHaveLength(isTold ? 1 : 0);
    },
  );

  test("omits the addresses of rejected clients, so that lines fold, unless every client is logged", () => {
    const row = ROWS.find(([what]) => what === "turnedAway") as Row;
    expect(observe(row, { verbose: false })).toEqual(["Turned a client away: too many clients.\n"]);
    const [json = ""] = observe(row, { verbose: false, format: "json" });
    expect(JSON.parse(json)).toEqual({
      ts: expect.any(String),
      level: "info",
      msg: "Turned a client away: too many clients.",
      event: "turned-away",
      ending: "proxy/accept/limit",
    });
  });

  test("reports a bug and its place in one line", () => {
    const [line, ...others] = observe(["bug", new TypeError("x is undefined"), "error", "", {}]);
    expect(others).toEqual([]);
    expect(line).toStartWith("error: Bug in poetry, please report it: TypeError: x is undefined\\x0a");
    expect(line).toContain("facts.test.ts");
    expect(line?.indexOf("\n")).toBe((line?.length ?? 0) - 1);
  });

  test("lets no poem's name forge a line", () => {
    const lines = observe(["serving", { poem: "a\nerror: b", address }, "notice", "", {}]);
    expect(lines).toEqual(["Serving a\\x0aerror: b on 127.0.0.1:10000.\n"]);
  });

  test("does not name a client that left too early", () => {
    const about = visit({ peer: { host: "unknown", port: 0 }, ending: "client/wait/left", status: "miss" });
    expect(observe(["visited", about, "debug", "", {}])).toEqual([
      "A client left before its answer arrived.\n",
    ]);
  });

  test.each(["visited", "waiting", "sending"] as const)(
    "does not look up the client of %s where that is not logged",
    (what) => {
      let lookUps = 0;
      const shy = Object.defineProperty(visit({ status: "hit", ending: "ok" }), "peer", {
        get: () => void lookUps++,
      });
      const about = what === "sending" ? { bytes: 1, client: shy } : shy;
      expect(
        observe([what, about, "info", "", {}] as unknown as Row, { quiet: true, verbose: false }),
      ).toEqual([]);
      expect(lookUps).toBe(0);
    },
  );
});
