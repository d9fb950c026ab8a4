/**
 * Plays random histories to the proxy and to the oracle of test/model, and others to a proxy with little memory, in turn, for
 * as long as it is told, and prints the seed of each round: `bun run torture --seconds 3600`, and `--seed N` to play one again
 * that failed. `bun run torture reload` is the full form of test/faults/80-reload.test.ts.
 */
import * as fc from "fast-check";
import { parseArgs } from "node:util";
import { play } from "../test/model/play.ts";
import { enact } from "../test/model/stage.ts";
import { tightPlay } from "../test/model/tight-play.ts";
import { enactTight } from "../test/model/tight-stage.ts";
import { reloadUnderLoad } from "../test/support/reload-under-load.ts";
import { TempDir } from "../test/support/temp-dir.ts";

const RUNS_A_ROUND = 5000;
const MOST_SEEDS = 2 ** 31;

const { values, positionals } = parseArgs({
  options: { seconds: { type: "string", default: "300" }, seed: { type: "string" } },
  allowPositionals: true,
});
if (positionals[0] === "reload") process.exit(await reloads());

/** Gives the exit code. */
async function reloads(): Promise<number> {
  await using dir = new TempDir();
  const connections = await reloadUnderLoad(dir, { reloads: 20, connections: 500, atOnce: 64 });
  console.log("20 reloads:", connections);
  const { wrong, reset, refused } = connections;
  return wrong + reset + refused === 0 ? 0 : 1;
}

const end = performance.now() + Number(values.seconds) * 1000;

let runs = 0;
for (let seed = Number(values.seed ?? Date.now() % MOST_SEEDS); performance.now() < end; seed++) {
  console.log(`seed ${seed}`);
  check(fc.property(play, enact), seed);
  check(fc.property(tightPlay, enactTight), seed);
}
console.log(`${runs} histories, no fault.`);

/** Plays a round; ends the process if anything is not as it must be. */
function check<P>(property: fc.IProperty<P>, seed: number): void {
  const result = fc.check(property, {
    seed,
    numRuns: RUNS_A_ROUND,
    includeErrorInReport: true,
    interruptAfterTimeLimit: Math.max(1, end - performance.now()),
    markInterruptAsFailure: false,
  });
  runs += result.numRuns;
  if (!result.failed) return;
  console.error(fc.defaultReportMessage(result));
  process.exit(1);
}
