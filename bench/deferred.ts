/**
 * Deferred compared with native Promise and bluebird, on Bun (from source) and on Node (the built library). The time of
 * each operation is measured in a process of its own; the bytes that it allocates in another process on Bun, which
 * never collects garbage, so that it grows by what is allocated.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { operations, YARDSTICK, type Times } from "./deferred-operations.ts";
import { median, printFigures, printTable, round, type Figure } from "./figure.ts";

const ROUNDS = 5;
const OPERATIONS = join(import.meta.dirname, "deferred-operations.ts");
const LIBRARY = join(import.meta.dirname, "../dist/deferred/lib/deferred/mod.js");
const BUILD = join(import.meta.dirname, "../scripts/build-library.ts");

/** The time that a Deferred may take as a multiple of a Promise's, on Bun and on Node. */
const GOALS: Record<keyof typeof operations, readonly [bun: number, node: number]> = {
  "create, add 10 callbacks, fire": [0.2, 0.5],
  "add 10 callbacks after firing": [0.25, 0.5],
  "1000 callbacks that return a fired one": [1, 1],
  "1000 that wait for each other": [1, 1],
  "gather 1000": [1, 1],
  "a generator with 10 yield* of fired ones, 10 awaits": [1.5, 1.8],
  "a generator with one yield*, fired later, one await": [2.2, 3.5],
};

/** A runtime, and the command that measures an operation on it. */
interface Runtime {
  readonly name: string;
  readonly command: readonly string[];
  readonly canCountBytes: boolean;
}

/** Measures every operation; prints a table for each. */
export async function deferred(): Promise<Figure[]> {
  const dir = mkdtempSync(join(tmpdir(), "poetry-bench-"));
  try {
    const bun = { name: "Bun", command: [process.execPath, OPERATIONS], canCountBytes: true };
    const node = Bun.which("node") ? await nodeIn(dir) : undefined;
    const figures: Figure[] = [];
    for (const [title, contenders] of Object.entries(operations)) {
      const [onBun, onNode] = GOALS[title] ?? [1, 1];
      figures.push(await compare(bun, title, Object.keys(contenders), onBun));
      if (node) figures.push(await compare(node, title, Object.keys(contenders), onNode));
    }
    return figures;
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** Node, with the operations as a program in `dir` that uses the library as published. */
async function nodeIn(dir: string): Promise<Runtime> {
  if (!Bun.spawnSync([process.execPath, BUILD], { stdio: ["ignore", "ignore", "inherit"] }).success)
    throw new Error("Cannot build the library for Node");
  await Bun.build({
    entrypoints: [OPERATIONS],
    target: "node",
    outdir: dir,
    naming: "operations.mjs",
    plugins: [
      {
        name: "built library",
        setup(build) {
          build.onResolve({ filter: /src\/deferred\/mod\.ts$/ }, () => ({ path: LIBRARY }));
        },
      },
    ],
  });
  const version = Bun.spawnSync(["node", "--version"]).stdout.toString().trim().slice(1);
  return { name: `Node ${version}`, command: ["node", join(dir, "operations.mjs")], canCountBytes: false };
}

/** Measures the contenders in turn, again and again, so that other work of the machine affects them all. */
async function compare(
  runtime: Runtime,
  title: string,
  contenders: readonly string[],
  goal: number,
): Promise<Figure> {
  const rounds: Record<string, Times>[] = [];
  for (let n = 0; n < ROUNDS; n++) {
    const times: Record<string, Times> = {};
    for (const who of contenders) times[who] = await measured<Times>(runtime, title, who, "times");
    rounds.push(times);
  }
  const sharesOf = (who: string): number[] =>
    rounds.map((times) => times[who]!.median / times[YARDSTICK]!.median);
  const rows: string[][] = [
    [`${runtime.name}: ${title}`, "median", "90 %", "allocated", `/ ${YARDSTICK}`, "in the worst round"],
  ];
  for (const who of contenders) {
    const shares = sharesOf(who);
    const bytes = runtime.canCountBytes ? await measured<number>(runtime, title, who, "bytes") : undefined;
    rows.push([
      who,
      `${round(median(rounds.map((times) => times[who]!.median)))} ns`,
      `${round(median(rounds.map((times) => times[who]!.p90)))} ns`,
      bytes === undefined ? "" : `${round(bytes)} bytes`,
      String(round(median(shares))),
      String(round(Math.max(...shares))),
    ]);
  }
  printTable(rows);
  const what = `Deferred / ${YARDSTICK}, ${runtime.name}: ${title}`;
  return { what, goal, measured: median(sharesOf("Deferred")), unit: "x" };
}

/** Measures in a process of its own. */
async function measured<T>(
  { command }: Runtime,
  title: string,
  who: string,
  what: "bytes" | "times",
): Promise<T> {
  const child = Bun.spawn([...command, title, who, what], {
    env: { ...process.env, BUN_JSC_useGC: String(what === "times") },
    stderr: "inherit",
  });
  return (await new Response(child.stdout).json()) as T;
}

if (import.meta.main) process.exitCode = printFigures(await deferred()) ? 0 : 1;
