/**
 * Plays random histories, in turn, to the proxy and the oracle of test/model, to a proxy with little memory, to nodes
 * that share a server, and to pipes. `bun run torture --seconds 3600` does so for an hour, and prints the seed of each
 * round; `--seed N` repeats a round that failed.
 *
 * `bun run torture reload` is the full form of test/faults/80-reload.test.ts, `bun run torture upgrade` that of
 * test/faults/46-upgrade.test.ts, and `bun run torture kill` that of test/faults/47-killed.test.ts. `bun run torture
 * headers` sends a million PROXY headers, then a minute of garbage; `bun run torture tls` sends a minute of garbage
 * instead of TLS handshakes, and another after PROXY headers.
 */
import * as fc from "fast-check";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { nodesPlay } from "../test/model/nodes-play.ts";
import { enactNodes } from "../test/model/nodes-stage.ts";
import { dialogue } from "../test/model/pipes-play.ts";
import { enactDialogue } from "../test/model/pipes-stage.ts";
import { play } from "../test/model/play.ts";
import { enact } from "../test/model/stage.ts";
import { tightPlay } from "../test/model/tight-play.ts";
import { enactTight } from "../test/model/tight-stage.ts";
import { fuzzHeaders } from "../test/protocols/peers/header-fuzz.ts";
import { litter, type Litter } from "../test/support/garbage.ts";
import { bothLitter, headerLitter, tlsLitter } from "../test/support/litters.ts";
import { Certificates } from "../test/support/certificates.ts";
import { reloadUnderLoad } from "../test/support/reload-under-load.ts";
import { TempDir } from "../test/support/temp-dir.ts";
import { upgradeUnderLoad } from "../test/support/upgrade-under-load.ts";

const RUNS_A_ROUND = 5000;
/** Fewer, because each takes longer. */
const NODES_RUNS_A_ROUND = 1000;
const DIALOGUES_A_ROUND = 1000;
const MOST_SEEDS = 2 ** 31;
/** Bytes by which garbage may make a process grow that has warmed up for a second. */
const MOST_GROWTH = 2 ** 25;
const MOST_DESCRIPTORS = 8;

const { values, positionals } = parseArgs({
  options: { seconds: { type: "string", default: "300" }, seed: { type: "string" } },
  allowPositionals: true,
});
if (positionals[0] === "reload") process.exit(await reloads());
if (positionals[0] === "upgrade") process.exit(await upgradesUnderLoad());
if (positionals[0] === "kill") process.exit(killWriters(200));
if (positionals[0] === "headers") process.exit(await headers());
if (positionals[0] === "tls") process.exit(await handshakes());

/** Returns the exit code. */
async function headers(): Promise<number> {
  const seed = Number(values.seed ?? Date.now() % MOST_SEEDS);
  console.log(`seed ${seed}`);
  fuzzHeaders(1_000_000, seed);
  console.log("1,000,000 headers, no fault.");
  return (await isUnmoved(headerLitter())) ? 0 : 1;
}

/** Returns the exit code. */
async function handshakes(): Promise<number> {
  const pki = new Certificates();
  const areGood = [await isUnmoved(await tlsLitter(pki)), await isUnmoved(await bothLitter(pki))];
  pki.remove();
  return areGood.every(Boolean) ? 0 : 1;
}

/** Whether a minute of garbage leaves nothing behind, and affects no other client. */
async function isUnmoved(what: Litter): Promise<boolean> {
  const outcome = await litter(60, what);
  console.log("A minute of garbage:", outcome);
  const { failed, fetches, growth, descriptors } = outcome;
  return failed === 0 && fetches === 1 && growth < MOST_GROWTH && descriptors < MOST_DESCRIPTORS;
}

/** Returns the exit code. */
async function reloads(): Promise<number> {
  await using dir = new TempDir();
  const connections = await reloadUnderLoad(dir, { reloads: 20, connections: 500, atOnce: 64 });
  console.log("20 reloads:", connections);
  const { wrong, reset, refused } = connections;
  return wrong + reset + refused === 0 ? 0 : 1;
}

/** Returns the exit code. */
async function upgradesUnderLoad(): Promise<number> {
  await using dir = new TempDir();
  const report = await upgradeUnderLoad(dir, { upgrades: 5, connections: 30_000, atOnce: 400 });
  console.log("5 upgrades:", report);
  const { wrong, reset, refused, scrapesFailed, statusesFailed } = report;
  return wrong + reset + refused + scrapesFailed + statusesFailed === 0 ? 0 : 1;
}

/** Returns the exit code. */
function killWriters(kills: number): number {
  const killing = Bun.spawnSync([process.execPath, "test", "test/faults/47-killed.test.ts"], {
    cwd: join(import.meta.dirname, "../"),
    env: { ...process.env, POETRY_KILLS: String(kills) },
    stdio: ["ignore", "inherit", "inherit"],
  });
  return killing.exitCode;
}

const end = performance.now() + Number(values.seconds) * 1000;

let runs = 0;
for (let seed = Number(values.seed ?? Date.now() % MOST_SEEDS); performance.now() < end; seed++) {
  console.log(`seed ${seed}`);
  await check(fc.property(play, enact), seed);
  await check(fc.property(tightPlay, enactTight), seed);
  await check(fc.property(nodesPlay, enactNodes), seed, NODES_RUNS_A_ROUND);
  await check(fc.asyncProperty(dialogue, enactDialogue), seed, DIALOGUES_A_ROUND);
}
console.log(`${runs} histories, no fault.`);

/** Plays a round; ends the process if it fails. */
async function check<P>(property: fc.IRawProperty<P>, seed: number, numRuns = RUNS_A_ROUND): Promise<void> {
  const result = await fc.check(property, {
    seed,
    numRuns,
    includeErrorInReport: true,
    interruptAfterTimeLimit: Math.max(1, end - performance.now()),
    markInterruptAsFailure: false,
  });
  runs += result.numRuns;
  if (!result.failed || result.counterexample === null) return; // An interrupted round has no counterexample.
  console.error(fc.defaultReportMessage(result));
  process.exit(1);
}
