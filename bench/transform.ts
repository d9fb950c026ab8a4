/** For how long a poem of maximum length blocks a transformation server: the longest step of each transformation. */
import { unmetered } from "../src/protocols/buffers/meter.ts";
import { BUILT_IN } from "../src/services/transform/built-in.ts";
import { printFigures, printTable, round, type Figure } from "./figure.ts";

const LONGEST = 16 * 1024 * 1024;
const MAX_ANSWER = 64 * 1024 * 1024;
const GOAL_MS = 20;
const WITHOUT_BLANKS_GOAL_MS = 250;

/** Poems that are hard for some transformation. */
const POEMS = {
  "of verses": Buffer.alloc(LONGEST, "Where, like a pillow on a bed,\n"),
  "of Greek": Buffer.alloc(LONGEST, "Σίσυφος ΣΊΣΥΦΟΣ\n").subarray(0, -1),
  "of short lines": Buffer.alloc(LONGEST, "a\n"),
  "of empty lines": Buffer.alloc(LONGEST, "\n"),
  "without blanks": Buffer.alloc(LONGEST, "Σ"),
};

interface Work {
  readonly steps: number;
  readonly longest: number;
  readonly total: number;
  readonly outcome: string;
}

/** Measures, prints the results, and returns the figures. */
export function transform(): Figure[] {
  const works = Object.entries(POEMS).flatMap(([poem, bytes]) =>
    BUILT_IN.map(({ name, change }) => ({ poem, name, ...measure(change(bytes, MAX_ANSWER, unmetered)) })),
  );
  printTable([
    ["16 MiB", "", "steps", "longest", "all", ""],
    ...works.map(({ poem, name, steps, longest, total, outcome }) => [
      poem,
      name,
      `${steps}`,
      `${round(longest)} ms`,
      `${round(total)} ms`,
      outcome,
    ]),
  ]);
  return Object.keys(POEMS).map((poem) => ({
    what: `longest step of a built-in transformation, 16 MiB ${poem}`,
    goal: poem === "without blanks" ? WITHOUT_BLANKS_GOAL_MS : GOAL_MS,
    measured: Math.max(...works.filter((work) => work.poem === poem).map(({ longest }) => longest)),
    unit: " ms",
  }));
}

function measure(work: Iterator<unknown, Uint8Array>): Work {
  let [steps, longest, total] = [0, 0, 0];
  for (let outcome = ""; ; steps++) {
    if (outcome) return { steps, longest, total, outcome };
    const [began, cpu] = [performance.now(), process.cpuUsage()];
    try {
      const { done, value } = work.next();
      if (done) outcome = `${value.length} bytes`;
    } catch (error) {
      outcome = (error as Error).message;
    }
    const elapsed = performance.now() - began;
    const { user, system } = process.cpuUsage(cpu);
    longest = Math.max(longest, Math.min(elapsed, (user + system) / 1000)); // Others may have had the CPU.
    total += elapsed;
  }
}

if (import.meta.main) printFigures(transform());
