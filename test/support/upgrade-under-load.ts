import { join } from "node:path";
import { ask } from "../../src/admin/client.ts";
import { systemClock as clock } from "../../src/time/clock.ts";
import { load } from "../../bench/load.ts";
import { poemOf } from "../../bench/poem.ts";
import { closedPorts } from "./closed-port.ts";
import type { TempDir } from "./temp-dir.ts";
import { Upgradable } from "./upgradable.ts";

export interface UpgradeOrder {
  readonly upgrades: number;
  /** Minimum number of connections in all. */
  readonly connections: number;
  readonly atOnce: number;
}

/** The outcomes of connections, and of requests for metrics and the status meanwhile. */
export interface UpgradeReport {
  whole: number;
  wrong: number;
  reset: number;
  refused: number;
  scrapes: number;
  scrapesFailed: number;
  statuses: number;
  statusesFailed: number;
}

const POEM_BYTES = 3072;

/**
 * Upgrades `poetry up` again and again, replacing its executable each time, while clients visit a proxy of one poem and
 * a proxy of poems by title, and others read its metrics and its status. Answers are kept in a store for half a second.
 */
export async function upgradeUnderLoad(
  dir: TempDir,
  { upgrades, connections, atOnce }: UpgradeOrder,
): Promise<UpgradeReport> {
  const poem = await dir.write("poem.txt", poemOf(POEM_BYTES));
  const [origin = 0, titles = 0, plain = 0, asked = 0, metrics = 0] = closedPorts(5);
  const socket = join(dir.path, "control.sock");
  const file = await dir.write(
    "poetry.toml",
    `[metrics]\nlisten = ${metrics}\n[control]\nsocket = "${socket}"\n[store]\nfile = "${join(dir.path, "store.db")}"\ntimeout = "10s"
[serve.origin]\nfile = "${poem}"\nport = ${origin}
[serve.titles]\nfile = "${dir.path}"\nport = ${titles}
[proxy.plain]\nupstream = ${origin}\nport = ${plain}\nttl = "500ms"
[proxy.asked]\nupstream = ${titles}\nport = ${asked}\nttl = "500ms"\nrequest = "line"\n`,
  );
  await using up = new Upgradable(dir, ["up", file, "--quiet"], { socket });
  await up.until((line) => line.startsWith("asked: "));

  const report: UpgradeReport = {
    whole: 0,
    wrong: 0,
    reset: 0,
    refused: 0,
    scrapes: 0,
    scrapesFailed: 0,
    statuses: 0,
    statusesFailed: 0,
  };
  let progressed = Promise.withResolvers<void>();
  const over = new AbortController();
  const visiting = async (port: number, request?: string) => {
    while (!over.signal.aborted) {
      const some = Math.ceil(connections / upgrades / 4);
      const asking = request === undefined ? {} : { request };
      const part = await load({
        port,
        connections: some,
        atOnce: atOnce / 2,
        poemBytes: POEM_BYTES,
        ...asking,
      });
      for (const what of ["whole", "wrong", "reset", "refused"] as const) report[what] += part[what];
      progressed.resolve();
      progressed = Promise.withResolvers();
    }
  };
  const looking = async (look: () => Promise<boolean>, done: "scrapes" | "statuses") => {
    while (!over.signal.aborted) {
      if (await look().catch(() => false)) report[done]++;
      else report[`${done}Failed`]++;
    }
  };
  const watched = `http://127.0.0.1:${metrics}`;
  const everybody = Promise.all([
    visiting(plain),
    visiting(asked, "poem\r\n"),
    looking(async () => {
      const answers = await Promise.all(["metrics", "ready"].map((path) => fetch(`${watched}/${path}`)));
      return answers.every(({ ok }) => ok);
    }, "scrapes"),
    looking(async () => (await ask({ path: socket }, "/status", { clock })).status === 200, "statuses"),
  ]);
  const total = () => report.whole + report.wrong + report.reset + report.refused;
  try {
    for (let round = 1; round <= upgrades; round++) {
      while (total() < ((round - 0.5) * connections) / upgrades) await progressed.promise;
      up.install();
      const { code, stderr } = await up.upgrade();
      if (code !== 0) throw new Error(`Not upgraded: ${stderr}\n${up.lines.join("\n")}`);
    }
    while (total() < connections) await progressed.promise;
  } finally {
    over.abort();
    await everybody;
  }
  await up.stop();
  const complaints = up.lines.filter((line) => /error|warn/.test(line));
  if (complaints.length > 0) throw new Error(complaints.join("\n"));
  return report;
}
