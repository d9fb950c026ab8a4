/** How long `poetry --version` takes, compared with an empty program built the same way. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FLAGS } from "../scripts/compile.ts";
import { median, printFigures, printTable, round, type Figure } from "./figure.ts";
import { executable } from "./peers.ts";

const RUNS = 40;

/** Measures, prints the times, and returns the figure. */
export async function start(): Promise<Figure[]> {
  const dir = await mkdtemp(join(tmpdir(), "poetry-bench-start-"));
  try {
    const empty = await buildEmpty(dir);
    const times = { poetry: [] as number[], empty: [] as number[] };
    for (let i = 0; i < RUNS; i++) {
      times.poetry.push(timeOf([executable(), "--version"]));
      times.empty.push(timeOf([empty]));
    }
    const [ours, theirs] = [median(times.poetry), median(times.empty)];
    printTable([
      ["start", "median"],
      ["poetry --version", `${round(ours)} ms`],
      ["an empty program", `${round(theirs)} ms`],
    ]);
    return [{ what: "poetry --version / an empty program", goal: 2, measured: ours / theirs, unit: "x" }];
  } finally {
    await rm(dir, { recursive: true });
  }
}

/** Builds a program that does nothing, with the flags that poetry is built with. */
async function buildEmpty(dir: string): Promise<string> {
  const source = join(dir, "empty.ts");
  const program = join(dir, "empty");
  await writeFile(source, "export {};\n");
  const build = Bun.spawnSync([process.execPath, "build", ...FLAGS, source, "--outfile", program], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  if (!build.success) throw new Error(`Cannot build an empty program: ${build.stderr.toString()}`);
  return program;
}

/** Milliseconds from spawning a program to its end. */
function timeOf(argv: string[]): number {
  const began = performance.now();
  const { success } = Bun.spawnSync(argv, { stdio: ["ignore", "ignore", "inherit"] });
  if (!success) throw new Error(`${argv.join(" ")} failed`);
  return performance.now() - began;
}

if (import.meta.main) printFigures(await start());
