/**
 * Kills a process 200 times while it writes into a store. Then plays random histories for as long as it is told, to the proxy and
 * the oracle of test/model, and to nodes that share a server; prints the seed of each round: `bun run torture --seconds 3600`, and
 * `--seed N` to play one again that failed.
 */
import * as fc from "fast-check";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { nodesPlay } from "../test/model/nodes-play.ts";
import { enactNodes } from "../test/model/nodes-stage.ts";
import { play } from "../test/model/play.ts";
import { enact } from "../test/model/stage.ts";

const RUNS_A_ROUND = 5000;
const NODES_RUNS_A_ROUND = 1000; // Each takes longer.
const MOST_SEEDS = 2 ** 31;
const KILLS = "200";

const { values } = parseArgs({
  options: { seconds: { type: "string", default: "300" }, seed: { type: "string" } },
});
const end = performance.now() + Number(values.seconds) * 1000;

if (values.seed === undefined) {
  const killing = Bun.spawnSync([process.execPath, "test", "test/faults/47-killed.test.ts"], {
    cwd: join(import.meta.dirname, "../"),
    env: { ...process.env, POETRY_KILLS: KILLS },
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (!killing.success) process.exit(1);
}

let runs = 0;
for (let seed = Number(values.seed ?? Date.now() % MOST_SEEDS); performance.now() < end; seed++) {
  console.log(`seed ${seed}`);
  run(fc.property(play, enact), seed, RUNS_A_ROUND);
  run(fc.property(nodesPlay, enactNodes), seed, NODES_RUNS_A_ROUND);
}
console.log(`${runs} histories, no fault.`);

/** Plays a round; ends the process with what went wrong. */
function run<T>(property: fc.IProperty<T>, seed: number, numRuns: number): void {
  const result = fc.check(property, {
    seed,
    numRuns,
    includeErrorInReport: true,
    interruptAfterTimeLimit: Math.max(1, end - performance.now()),
    markInterruptAsFailure: false,
  });
  runs += result.numRuns;
  if (!result.failed) return;
  console.error(fc.defaultReportMessage(result));
  process.exit(1);
}
