import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { METRICS } from "../src/observe/numbers/metrics.ts";
import { exposition } from "../src/observe/numbers/prometheus.ts";
import { Tally } from "../src/observe/numbers/tally.ts";
import { run } from "./support/program.ts";
import { DISK, VITALS, watched } from "./support/watching.ts";

setDefaultTimeout(30_000);

const CONTRIB = join(import.meta.dirname, "../contrib");
const FILES = ["prometheus/poetry-alerts.yml", "prometheus/poetry-alerts.test.yml", "grafana/poetry.json"];
const hasPromtool = Bun.which("promtool") !== null || process.env.POETRY_PEERS === "required";

/** Every metric that a file mentions, without the suffixes of histograms. */
function metricsIn(file: string): string[] {
  const text = readFileSync(join(CONTRIB, file), "utf8");
  const names = text.match(/\b(poetry|process)_[a-z_]+/g) ?? [];
  return [...new Set(names)].map((name) => name.replace(/(_seconds)_(bucket|sum|count)$/, "$1"));
}

/** The metrics of a process with two services, one of them with a cache. */
function scrape(): string {
  const services = [watched("whois"), watched("poems", new Tally(), { clients: 0, maxClients: 9 })];
  return [...exposition({ services, stores: [DISK], vitals: VITALS })].join("");
}

describe("contrib/", () => {
  test.each(FILES)("%s uses existing metrics", (file) => {
    const names = metricsIn(file);
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => !Object.hasOwn(METRICS, name))).toEqual([]);
  });

  test("the dashboard shows every metric, and no two panels overlap", () => {
    const shown = metricsIn("grafana/poetry.json");
    const ALERTED_ON = [
      "poetry_client_connections_limit",
      "poetry_config_last_reload",
      "poetry_tls_not_after",
    ];
    const missing = Object.keys(METRICS).filter((name) => !shown.includes(name));
    expect(missing.filter((name) => !ALERTED_ON.some((each) => name.startsWith(each)))).toEqual([]);
    const { panels } = JSON.parse(readFileSync(join(CONTRIB, "grafana/poetry.json"), "utf8")) as {
      panels: { id: number; gridPos: { x: number; y: number } }[];
    };
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(new Set(panels.map(({ gridPos: { x, y } }) => `${x},${y}`)).size).toBe(panels.length);
  });

  test.if(hasPromtool)("promtool accepts a scrape", async () => {
    const { code, stdout, stderr } = await run(["promtool", "check", "metrics"], { stdin: scrape() });
    expect({ code, stdout: stdout.toString(), stderr }).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  test.if(hasPromtool)("promtool accepts the rules, and their tests pass", async () => {
    const cwd = join(CONTRIB, "prometheus");
    expect(await run(["promtool", "check", "rules", "poetry-alerts.yml"], { cwd })).toMatchObject({
      code: 0,
    });
    const tests = await run(["promtool", "test", "rules", "poetry-alerts.test.yml"], { cwd });
    expect({ code: tests.code, said: tests.stdout.toString() + tests.stderr }).toMatchObject({ code: 0 });
  });

  test("each rule has a test", () => {
    const [rules = "", tests = ""] = FILES.map((file) => readFileSync(join(CONTRIB, file), "utf8"));
    const names = Array.from(rules.matchAll(/- alert: (\w+)/g), ([, name]) => name);
    expect(names).toHaveLength(13);
    for (const name of names) expect(tests).toContain(`alertname: ${name}`);
  });
});
