/**
 * Proxies of every kind between upstreams and clients that misbehave at random: `bun run soak [--seconds N] [--seed
 * N]`. Every answer with a clean end is compared byte by byte. Exits with 1 if one is wrong, or if anything is left
 * over at the end.
 */
import { parseArgs } from "node:util";
import { printFigures } from "./figure.ts";
import { executable } from "./peers.ts";
import { Dice } from "./soak/dice.ts";
import { modesOf } from "./soak/modes.ts";
import { figuresOf, printInterval, printStations } from "./soak/report.ts";
import { comeToRest } from "./soak/rest.ts";
import { Station } from "./soak/station.ts";

const SECONDS = 120;
const PRINT_EVERY = 10;
const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };

async function soak(stations: readonly Station[], seconds: number): Promise<boolean> {
  await Promise.all(stations.map((station) => station.open()));
  const began = performance.now();
  const elapsed = () => (performance.now() - began) / 1000;
  let printed = 0;
  printInterval(printed, stations);
  while (elapsed() < seconds) {
    await Bun.sleep(Math.min(1, seconds - elapsed()) * 1000);
    for (const station of stations) station.measure(elapsed());
    if (elapsed() < printed + PRINT_EVERY && elapsed() < seconds) continue;
    printed = elapsed();
    printInterval(printed, stations);
  }
  const rested = await Promise.all(
    stations.map(async (station) => ({ station, rest: await comeToRest(station) })),
  );
  printStations(rested, seconds);
  return printFigures(figuresOf(rested, seconds));
}

/** A whole number above 0; `otherwise` if it is not given. */
function numberOf(flag: string, given: string | undefined, otherwise: number): number {
  const value = given === undefined ? otherwise : Number(given);
  if (!Number.isSafeInteger(value) || value < 1) {
    console.error(`--${flag} takes a whole number above 0, not "${given}"`);
    process.exit(2);
  }
  return value;
}

const { values } = parseArgs({ options: { seconds: { type: "string" }, seed: { type: "string" } } });
const seconds = numberOf("seconds", values.seconds, SECONDS);
const seed = numberOf("seed", values.seed, 1 + Math.floor(Math.random() * 999_999));
console.log(`Soaking ${executable()} for ${seconds} s, --seed ${seed}.`);

const dice = new Dice(seed);
const stations = modesOf(executable()).map((mode) => new Station(executable(), mode, dice.fork()));
process.on("exit", () => stations.forEach((station) => station.kill()));
for (const [signal, number] of Object.entries(SIGNALS)) process.on(signal, () => process.exit(128 + number));
process.exit((await soak(stations, seconds)) ? 0 : 1);
