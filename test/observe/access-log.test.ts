import { describe, expect, test } from "bun:test";
import { AccessLog, type AccessLogOptions } from "../../src/observe/access-log.ts";
import { createLog } from "../../src/observe/log.ts";
import { observerOf } from "../../src/observe/observer-of.ts";
import { showing, showText } from "../../src/observe/requests-shown.ts";
import { FetchError } from "../../src/services/fetch/errors.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";
import { LogLines } from "../support/log-lines.ts";
import { recordOf, visitOf } from "../support/observed.ts";

const upstream = { host: "::1", port: 10001 };
const error = new FetchError(upstream, "reset", 12, "connection reset (ECONNRESET) after 12 bytes");

/** An access log in the same stream as the log. */
function setUp(options: Partial<AccessLogOptions> = {}) {
  const stream = new LogLines();
  const clock = new ManualClock();
  const style = { format: "json" } as const;
  const write = (line: string) => stream.write(line);
  const all = { mode: "all", service: "whois", style, show: showText, clock, write, ...options } as const;
  const access = new AccessLog(all);
  const log = createLog({ ...all.style, quiet: false, verbose: false, stream });
  const observer = observerOf(log, { access, show: all.show });
  const records = () => stream.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return { stream, clock, observer, records };
}

const HIT = {
  number: 17,
  ending: "ok",
  status: "hit",
  arrivedAt: 0,
  age: 12_504,
  fetch: 3,
  bytesIn: 9,
  bytesOut: 653,
  request: Buffer.from("ecstasy\r\n"),
} as const;

describe("AccessLog", () => {
  test("has one line per client, and the log has none", () => {
    const { clock, observer, records } = setUp();
    clock.advance(0.3114);
    observer.visited(visitOf(HIT));
    expect(records()).toEqual([
      {
        ts: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        level: "info",
        msg: "client",
        service: "whois",
        conn: 17,
        fetch: 3,
        client_ip: "10.0.0.7",
        client_port: 50123,
        request: "ecstasy",
        cache: "hit",
        age_s: 12.504,
        total_s: 0.000311,
        bytes_in: 9,
        bytes_out: 653,
        ending: "ok",
      },
    ]);
  });

  test("writes short text, with a dash for missing values", () => {
    const { clock, observer, stream } = setUp({ style: { format: "text", front: "time" } });
    clock.advance(0.3114);
    observer.visited(visitOf(HIT));
    observer.turnedAway(visitOf({ ending: "proxy/accept/limit", peer: { host: "::2", port: 5 } }));
    expect(stream.lines.map((line) => line.slice(25))).toEqual([
      'whois/17 10.0.0.7:50123 hit 3/- - 12.504/-/0.000311 9/653 ok "ecstasy"\n',
      "whois/- [::2]:5 - -/- - -/-/- 0/0 proxy/accept/limit -\n",
    ]);
  });

  test("has one line per fetch, once its waiters are counted", () => {
    const { observer, records } = setUp();
    const record = recordOf(upstream, {
      attempts: 2,
      bytes: 653,
      connectMs: 1,
      firstByteMs: 5,
      ms: 20,
    });
    observer.fetched(record);
    expect(records()).toEqual([]);
    observer.landed({ wish: record.wish, fetch: 7, waiters: 12 });
    observer.visited(visitOf({ ending: "ok", status: "coalesced", fetch: 7, waitedMs: 20, arrivedAt: 0 }));
    expect(records()).toEqual([
      {
        ts: expect.any(String),
        level: "info",
        msg: "fetch",
        service: "whois",
        fetch: 7,
        upstream: "[::1]:10001",
        cause: "miss",
        waiters: 12,
        bytes: 653,
        stored: true,
        attempts: 2,
        connect_s: 0.001,
        first_byte_s: 0.005,
        total_s: 0.02,
        ending: "ok",
      },
      expect.objectContaining({
        msg: "client",
        fetch: 7,
        upstream: "[::1]:10001",
        attempts: 2,
        wait_s: 0.02,
      }),
    ]);
  });

  test("says why an answer was not stored", () => {
    const { observer, stream } = setUp({ style: { format: "text" } });
    const record = recordOf(upstream, { bytes: 5 }, "ecstasy\r\n");
    observer.fetched(record);
    observer.landed({ wish: record.wish, fetch: 7, waiters: 0, why: "no_store" });
    expect(stream.lines.map((line) => line.slice(25))).toEqual([
      'whois/fetch [::1]:10001 miss 7/0 0 -/-/0 5 no_store ok "ecstasy"\n',
    ]);
  });

  test("has the line of a fetch for one client only at once", () => {
    const { observer, records } = setUp();
    observer.fetched(recordOf(upstream, { bytes: 5 }, "", "pass"));
    expect(records()).toEqual([expect.objectContaining({ msg: "fetch", waiters: 1, stored: false })]);
  });

  test("leaves the warning about a failure to the log", () => {
    const { observer, records } = setUp({ mode: "errors" });
    const record = recordOf(upstream, { error });
    observer.fetchFailed(record);
    observer.landed({ wish: record.wish, fetch: 7, waiters: 3, error });
    expect(records()).toEqual([
      expect.objectContaining({ level: "warn", event: "fetch-failed" }),
      expect.objectContaining({
        msg: "fetch",
        waiters: 3,
        stored: false,
        bytes: 12,
        reason: "reset",
        ending: "upstream/data/reset",
      }),
    ]);
  });

  test("of errors has no line for successes, which the log has", () => {
    const { observer, records } = setUp({ mode: "errors" });
    observer.visited(visitOf(HIT));
    const record = recordOf(upstream);
    observer.fetched(record);
    observer.landed({ wish: record.wish, fetch: 7, waiters: 3 });
    observer.visited(visitOf({ ending: "client/data/reset" }));
    expect(records().map(({ event, msg }) => event ?? msg)).toEqual(["visited", "fetched", "client"]);
  });

  test("omits the address of a client that left too early", () => {
    const { observer, records } = setUp();
    observer.visited(visitOf({ peer: { host: "unknown", port: 0 }, ending: "client/wait/left" }));
    expect(records()[0]).not.toHaveProperty("client_ip");
  });

  test("lets no request forge a line, in either format", () => {
    for (const format of ["json", "text"] as const) {
      const { observer, stream } = setUp({ style: { format } });
      observer.visited(visitOf({ ...HIT, request: Buffer.from("a\nb\u0085\u202e\x1b[2J") }));
      expect(stream.lines).toHaveLength(1);
      // oxlint-disable-next-line no-control-regex -- that is what it is about
      expect(stream.lines[0]?.slice(0, -1)).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202e]/);
    }
  });

  test("has a priority in front for the journal, like every line", () => {
    const { observer, stream } = setUp({ style: { format: "text", front: "priority" } });
    observer.visited(visitOf(HIT));
    expect(stream.lines[0]).toMatch(/^<6>\d{4}-/);
  });

  test("remembers a bounded number of fetches", () => {
    const { observer, records } = setUp();
    for (let number = 1; number <= 1025; number++)
      observer.fetchFailed(Object.assign(recordOf(upstream, { error }), { number }));
    for (const fetch of [1, 2]) observer.visited(visitOf({ ending: "ok", fetch, waitedMs: 1 }));
    const [one, two] = records().slice(-2);
    expect([one?.upstream, two?.upstream]).toEqual([undefined, "[::1]:10001"]);
  });
});

/** All lines that could show a request, with this setting. */
function ask(how: "full" | "hash" | "off", request: string) {
  const { observer, records } = setUp({ show: showing(how) });
  for (let i = 0; i < 2; i++)
    observer.visited(visitOf({ ...HIT, request: Buffer.from(i === 0 ? request : `${request}!`) }));
  observer.unknownTitle({ title: request, client: visitOf() });
  observer.fetching(recordOf(upstream, {}, request));
  return records();
}

describe("showing()", () => {
  test("hash shows which requests are equal, and nothing else", () => {
    const lines = ask("hash", "secret");
    expect(JSON.stringify(lines)).not.toContain("secret");
    const [one, other, title] = lines;
    expect(one?.request).toMatch(/^#[0-9a-f]{16}$/);
    expect(other?.request).not.toBe(one?.request);
    expect(title?.title).toBe(one?.request);
    expect(ask("hash", "secret")[0]?.request).not.toBe(one?.request); // The key is random.
  });

  test("off shows nothing, in any line", () => {
    const lines = ask("off", "secret");
    expect(JSON.stringify(lines)).not.toContain("secret");
    expect(lines[0]).not.toHaveProperty("request");
    expect(lines.at(-1)?.msg).toBe("Fetching poem from server. [fetch 7]");
  });
});
