import { describe, expect, test } from "bun:test";
import { METRICS } from "../../../src/observe/numbers/metrics.ts";
import { exposition } from "../../../src/observe/numbers/prometheus.ts";
import { Tally } from "../../../src/observe/numbers/tally.ts";
import type { Watched } from "../../../src/observe/numbers/watched.ts";
import { recordOf, visitOf } from "../../support/observed.ts";
import { DISK, PROXYING, UPSTREAM, VITALS, watched } from "../../support/watching.ts";

function scrape(...services: Watched[]): string[] {
  return [...exposition({ services, stores: [DISK], vitals: VITALS })].join("").trimEnd().split("\n");
}

describe("exposition()", () => {
  test("has a help, a type and a sample for every metric", () => {
    const lines = scrape(watched("main"));
    for (const [name, { type }] of Object.entries(METRICS)) {
      expect(lines.filter((line) => line.startsWith(`# HELP ${name} `))).toEqual([
        expect.stringMatching(/ [A-Z0-9].*\.$/),
      ]);
      expect(lines).toContain(`# TYPE ${name} ${type}`);
      expect(lines.some((line) => new RegExp(`^${name}(_bucket)?[{ ]`).test(line))).toBe(true);
    }
  });

  test("has second levels, by kind", () => {
    const lines = scrape(watched("main"));
    expect(lines.filter((line) => line.startsWith("poetry_store_"))).toEqual([
      'poetry_store_up{store="disk"} 0',
      'poetry_store_operations_total{store="disk",op="hit"} 4',
      'poetry_store_operations_total{store="disk",op="miss"} 2',
      'poetry_store_operations_total{store="disk",op="put"} 2',
      'poetry_store_operations_total{store="disk",op="damaged"} 0',
      'poetry_store_failures_total{store="disk"} 3',
      'poetry_store_bytes{store="disk"} 8192',
      'poetry_store_entries{store="disk"} 2',
    ]);
  });

  test("repeats no series", () => {
    const series = scrape(watched("a"), watched("b")).map((line) => line.split(" ")[0]);
    const names = series.filter((each) => each !== "#");
    expect(names).toEqual([...new Set(names)]);
  });

  test("exports counters as 0 from the start", () => {
    const lines = scrape(watched("main"));
    expect(lines).toContain('poetry_requests_total{service="main",cache="hit"} 0');
    expect(lines).toContain('poetry_requests_failed_total{service="main",ending="upstream/data/reset"} 0');
    expect(lines).toContain('poetry_client_connections_rejected_total{service="main",reason="limit"} 0');
  });

  test("omits what a service without a cache lacks, including the label of the cache", () => {
    const tally = new Tally();
    tally.visited(visitOf({ ending: "ok" }));
    const lines = scrape(watched("poems", tally, { clients: 0, maxClients: 10 }));
    expect(lines).toContain('poetry_requests_total{service="poems"} 1');
    expect(lines).toContain('poetry_client_connections_limit{service="poems"} 10');
    expect(lines.join("\n")).not.toContain("poetry_cache");
    expect(lines.join("\n")).not.toContain("poetry_fetch");
  });

  test("writes histograms as cumulative sums", () => {
    const tally = new Tally();
    tally.visited(visitOf({ ending: "ok", status: "hit" }));
    tally.visited(visitOf({ ending: "ok", status: "miss", waitedMs: 700 }));
    const lines = scrape(watched("main", tally)).filter((line) => line.startsWith("poetry_request_seconds"));
    expect(lines.map((line) => line.split(" ")[1])).toEqual([
      "1",
      "1",
      "1",
      "1",
      "1",
      "1",
      "2",
      "2",
      "2",
      "2",
      "2",
      "2",
      "0.7",
      "2",
    ]);
    expect(lines).toContain('poetry_request_seconds_bucket{service="main",le="+Inf"} 2');
  });

  test("has upstreams, and which one is held down", () => {
    const tally = new Tally();
    tally.fetched(recordOf(UPSTREAM));
    const [held] = PROXYING.upstreams ?? [];
    const upstreams = [...(held ? [held, held] : []), { address: { host: "::1", port: 43 } }];
    const lines = scrape(watched("main", tally, { ...PROXYING, upstreams }));
    expect(lines.filter((line) => line.startsWith("poetry_upstream_up{"))).toHaveLength(2);
    expect(lines).toContain('poetry_fetches_total{service="main",upstream="127.0.0.1:43",cause="miss"} 1');
    expect(lines).toContain('poetry_upstream_up{service="main",upstream="127.0.0.1:43"} 0');
    expect(lines).toContain('poetry_upstream_up{service="main",upstream="[::1]:43"} 1');
  });

  test("escapes names", () => {
    expect(scrape(watched('a"b\\c\nd'))).toContain('poetry_waiters{service="a\\"b\\\\c\\nd"} 0');
  });

  test("writes numbers as Prometheus reads them", () => {
    const lines = scrape(watched("main"));
    expect(lines).toContain('poetry_client_connections_limit{service="main"} +Inf');
    expect(lines).toContain("poetry_draining 0");
    expect(lines).toContain('poetry_build_info{version="1.2.3",revision="abc",bun="1.4.5"} 1');
  });
});
