import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { certificates } from "../support/own-certificates.ts";
import { closedPorts } from "../support/closed-port.ts";
import { POETRY, RunningProgram, RunningService } from "../support/program.ts";
import { scrape, scrapeUntil } from "../support/scrape.ts";
import { ScriptedPeer } from "../support/scripted-peer.ts";
import { TempDir } from "../support/temp-dir.ts";
import { visit } from "../support/visitor.ts";

setDefaultTimeout(60_000);

const certs = certificates();

/** What operators rely on: a missing family breaks a dashboard; a new one must be added here. */
const FAMILIES = {
  poetry_build_info: "gauge",
  poetry_config_last_reload_successful: "gauge",
  poetry_config_last_reload_success_timestamp_seconds: "gauge",
  poetry_draining: "gauge",
  poetry_client_connections: "gauge",
  poetry_client_connections_limit: "gauge",
  poetry_client_connections_rejected_total: "counter",
  poetry_tls_not_after_timestamp_seconds: "gauge",
  poetry_requests_total: "counter",
  poetry_requests_failed_total: "counter",
  poetry_request_seconds: "histogram",
  poetry_sent_bytes_total: "counter",
  poetry_received_bytes_total: "counter",
  poetry_waiters: "gauge",
  poetry_pipes: "gauge",
  poetry_cache_entries: "gauge",
  poetry_cache_bytes: "gauge",
  poetry_cache_limit_bytes: "gauge",
  poetry_cache_evictions_total: "counter",
  poetry_cache_not_stored_total: "counter",
  poetry_fetches_total: "counter",
  poetry_fetch_failures_total: "counter",
  poetry_fetch_retries_total: "counter",
  poetry_fetch_seconds: "histogram",
  poetry_fetches_in_flight: "gauge",
  poetry_fetches_limit: "gauge",
  poetry_fetch_queue: "gauge",
  poetry_fetch_queue_bytes: "gauge",
  poetry_upstream_up: "gauge",
  poetry_upstream_last_success_timestamp_seconds: "gauge",
  poetry_store_operations_total: "counter",
  poetry_store_failures_total: "counter",
  poetry_store_up: "gauge",
  poetry_store_bytes: "gauge",
  poetry_store_entries: "gauge",
  poetry_log_lines_dropped_total: "counter",
  poetry_internal_errors_total: "counter",
  poetry_event_loop_lag_seconds: "gauge",
  process_cpu_seconds_total: "counter",
  process_resident_memory_bytes: "gauge",
  process_open_fds: "gauge",
  process_max_fds: "gauge",
  process_start_time_seconds: "gauge",
};

/** A server that echoes each line. */
function echo(): ScriptedPeer {
  return new ScriptedPeer((connection) => {
    connection.onData = () => connection.send(`about ${connection.received}`).fin();
  });
}

async function ask(port: number, line: string): Promise<string> {
  const { bytes, end } = await visit(port, (client) => void client.write(`${line}\n`));
  return end === "fin" ? bytes.toString().trimEnd() : end;
}

/** `poetry up` with these tables, and a file that can be changed. */
async function start(dir: TempDir, tables: string) {
  const file = await dir.write("poetry.toml", tables);
  const up = new RunningProgram([POETRY, "up", file]);
  await up.until((line) => line.includes("Serving metrics on "));
  await up.until((line) => line.includes(" on 127.0.0.1:"));
  return {
    up,
    /** Resolves when the changed file is in force, or was rejected. */
    async reload(changed: string): Promise<void> {
      const told = up.lines.length;
      await writeFile(file, changed);
      up.signal("SIGHUP");
      await up.until(() => up.lines.slice(told).some((line) => /^Reloaded|Not reloaded/.test(line)));
    },
    [Symbol.asyncDispose]: () => up[Symbol.asyncDispose](),
  };
}

/** Whether a series belongs to a service that exists before and after the reload. */
function isOurs(name: string): boolean {
  return /^poetry_.*service="(kept|moved)"/.test(name);
}

/** The line of the access log about the first client of a service. */
function lineOf(program: RunningProgram, service: string): Promise<string> {
  return program.until((line) => line.includes(` ${service}/1 `) && line.includes(" ok "));
}

const METRICS = '[metrics]\nlisten = "127.0.0.1:0"\n';

function proxy(name: string, port: number, upstream: number, more = ""): string {
  return `[proxy.${name}]\nupstream = ${upstream}\nport = ${port}\nrequest = "line"\n${more}\n`;
}

describe("poetry --metrics", () => {
  test("has every documented family, with its type, and no other", async () => {
    await using dir = new TempDir();
    await using upstream = echo();
    const [port = 0, inTls = 0] = closedPorts(2);
    const store = `[store]\nfile = "poetry.db"\n`;
    const { certificate, key } = certs.issue("poetry");
    const tls = `tls-cert = "${certificate.file}"\ntls-key = "${key.file}"`;
    const tables = proxy("a", port, upstream.port) + proxy("b", inTls, upstream.port, tls);
    await using stage = await start(dir, METRICS + store + tables);
    expect(await ask(port, "one")).toBe("about one");
    const { types, repeated } = await scrape(stage.up);
    expect(Object.fromEntries(types)).toEqual(FAMILIES);
    expect(repeated).toEqual([]);
  });

  test("keeps counting across reloads: nothing starts again from 0, nothing is duplicated", async () => {
    await using dir = new TempDir();
    await using upstream = echo();
    await using other = echo();
    const [kept = 0, moved = 0, gone = 0, added = 0] = closedPorts(4);
    const before =
      METRICS +
      proxy("kept", kept, upstream.port) +
      proxy("moved", moved, upstream.port) +
      proxy("gone", gone, upstream.port);
    await using stage = await start(dir, before);
    for (const port of [kept, moved, gone])
      for (const line of ["one", "one", "two"]) expect(await ask(port, line)).toBe(`about ${line}`);
    const first = await scrapeUntil(stage.up, (now) => now.sum("poetry_requests_total") === 9);

    await stage.reload(
      METRICS +
        proxy("kept", kept, upstream.port, 'ttl = "7s"') +
        proxy("moved", moved, other.port) +
        proxy("added", added, upstream.port),
    );
    const second = await scrape(stage.up);
    expect(second.repeated).toEqual([]);
    const isOfLeft = (name: string) => name.includes(`service="moved",upstream="127.0.0.1:${upstream.port}"`);
    for (const [name, value] of first.counters())
      if (isOurs(name) && !isOfLeft(name)) expect([name, second.series.get(name)]).toEqual([name, value]);
    expect(second.of('poetry_requests_total{service="kept"')).toEqual(
      first.of('poetry_requests_total{service="kept"'),
    );
    // One service continues unchanged; the other starts with an empty cache and another upstream.
    expect(second.of('poetry_cache_entries{service="kept"}')).toEqual({
      'poetry_cache_entries{service="kept"}': 2,
    });
    expect(second.of('poetry_cache_entries{service="moved"}')).toEqual({
      'poetry_cache_entries{service="moved"}': 0,
    });
    expect([...second.series.keys()].filter((name) => isOfLeft(name))).toEqual([]);
    const asked = `poetry_fetches_total{service="moved",upstream="127.0.0.1:${other.port}",cause="miss"}`;
    expect(second.series.get(asked)).toBe(0);
    // A removed service has no series; a new one starts at 0.
    expect([...second.series.keys()].filter((name) => name.includes('service="gone"'))).toEqual([]);
    const ofAdded = [...second.counters()].filter(([name]) => name.includes('service="added"'));
    expect(ofAdded.length).toBeGreaterThan(50);
    expect(ofAdded.filter(([, value]) => value !== 0)).toEqual([]);

    expect(await ask(moved, "one")).toBe("about one");
    expect(await ask(kept, "one")).toBe("about one");
    const third = await scrapeUntil(
      stage.up,
      (now) => now.sum("poetry_requests_total") === second.sum("poetry_requests_total") + 2,
    );
    expect(third.series.get(asked)).toBe(1);
    expect(third.series.get('poetry_requests_total{service="kept",cache="hit"}')).toBe(2);
    for (const [name, value] of second.counters())
      expect([name, (third.series.get(name) ?? -1) >= value]).toEqual([name, true]);
  });

  test("shows whether the last reload succeeded, and when the present files were read", async () => {
    await using dir = new TempDir();
    await using upstream = echo();
    const [port = 0] = closedPorts(1);
    const good = METRICS + proxy("a", port, upstream.port);
    await using stage = await start(dir, good);
    const last = async () => {
      const { series } = await scrape(stage.up);
      const at = series.get("poetry_config_last_reload_success_timestamp_seconds") ?? 0;
      return { isGood: series.get("poetry_config_last_reload_successful"), at };
    };
    const atStart = await last();
    expect(atStart.isGood).toBe(1);
    await stage.reload(`${good}tll = "1s"\n`);
    expect(await last()).toEqual({ isGood: 0, at: atStart.at });
    await stage.reload(good);
    const after = await last();
    expect(after.isGood).toBe(1);
    expect(after.at).toBeGreaterThan(atStart.at);
  });

  test("keeps requests out of the log that a preset calls private, whatever other services show", async () => {
    await using dir = new TempDir();
    await using upstream = echo();
    const [hidden = 0, shown = 0, given = 0] = closedPorts(3);
    const log = '[log]\naccess = "all"\n';
    const tables =
      `[proxy.hidden]\nupstream = ${upstream.port}\nport = ${hidden}\npreset = "finger"\n` +
      proxy("shown", shown, upstream.port);
    await using stage = await start(dir, METRICS + log + tables);
    for (const port of [hidden, shown]) expect(await ask(port, "alice")).toBe("about alice");
    expect(await lineOf(stage.up, "shown")).toEndWith(' ok "alice"');
    expect(await lineOf(stage.up, "hidden")).toMatch(/ ok "#[0-9a-f]{16}"$/);
    expect(stage.up.lines.filter((line) => line.includes("hidden") && line.includes("alice"))).toEqual([]);

    const flags = ["proxy", `${upstream.port}`, "--preset", "finger", "--access-log", "all"];
    await using hiding = await RunningService.start(...flags);
    expect(await ask(hiding.port, "alice")).toBe("about alice");
    expect(await lineOf(hiding, "main")).toMatch(/ ok "#[0-9a-f]{16}"$/);
    await using showing = await RunningService.start(...flags, "--log-requests", "full");
    expect(await ask(showing.port, "alice")).toBe("about alice");
    expect(await lineOf(showing, "main")).toEndWith(' ok "alice"');

    const all = await start(
      dir,
      METRICS +
        `${log}requests = "full"\n[proxy.given]\nupstream = ${upstream.port}\nport = ${given}\npreset = "finger"\n`,
    );
    await using _ = all;
    expect(await ask(given, "alice")).toBe("about alice");
    expect(await lineOf(all.up, "given")).toEndWith(' ok "alice"');
  });

  test("has no metrics of reloads if there is no file to reload", async () => {
    await using upstream = echo();
    await using service = await RunningService.start("proxy", `${upstream.port}`, "--metrics", "0");
    expect((await scrape(service)).of("poetry_config")).toEqual({});
  });
});
