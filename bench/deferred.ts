/**
 * Deferred beside native Promise and bluebird. mitata measures the time of each operation in a process of its own; the
 * bytes that it allocates come from another process, which never collects garbage: what it grows by was allocated.
 */
import { join } from "node:path";
import { operations, YARDSTICK, type Times } from "./deferred-operations.ts";
import { median, printFigures, printTable, round, type Figure } from "./figure.ts";

const ROUNDS = 5;
const OPERATIONS = join(import.meta.dirname, "deferred-operations.ts");

/** The most of a Promise's time that a Deferred may take. */
const GOALS: Record<keyof typeof operations, number> = {
  "create, add 10 callbacks, fire": 0.25,
  "add 10 callbacks after firing": 0.25,
};

/** Measures every operation; prints a table for each. */
export async function deferred(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [title, contenders] of Object.entries(operations))
    figures.push(await compare(title, Object.keys(contenders)));
  return figures;
}

/** Every contender in turn, again and again: what the machine's other work slows is then all of them. */
async function compare(title: string, contenders: readonly string[]): Promise<Figure> {
  const rounds: Record<string, Times>[] = [];
  for (let n = 0; n < ROUNDS; n++) {
    const times: Record<string, Times> = {};
    for (const who of contenders) times[who] = await measured<Times>(title, who, "times");
    rounds.push(times);
  }
  const sharesOf = (who: string): number[] =>
    rounds.map((times) => times[who]!.median / times[YARDSTICK]!.median);
  const rows: string[][] = [[title, "median", "90 %", "allocated", `/ ${YARDSTICK}`, "in the worst round"]];
  for (const who of contenders) {
    const shares = sharesOf(who);
    rows.push([
      who,
      `${round(median(rounds.map((times) => times[who]!.median)))} ns`,
      `${round(median(rounds.map((times) => times[who]!.p90)))} ns`,
      `${round(await measured<number>(title, who, "bytes"))} bytes`,
      String(round(median(shares))),
      String(round(Math.max(...shares))),
    ]);
  }
  printTable(rows);
  const share = median(sharesOf("Deferred"));
  return { what: `Deferred / ${YARDSTICK}: ${title}`, goal: GOALS[title] ?? 1, measured: share, unit: "x" };
}

/** What a process of its own measures. */
async function measured<T>(title: string, who: string, what: "bytes" | "times"): Promise<T> {
  const child = Bun.spawn([process.execPath, OPERATIONS, title, who, what], {
    env: { ...process.env, BUN_JSC_useGC: String(what === "times") },
    stderr: "inherit",
  });
  return (await new Response(child.stdout).json()) as T;
}

if (import.meta.main) process.exitCode = printFigures(await deferred()) ? 0 : 1;
