import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { load, type LoadReport } from "../../bench/load.ts";
import { poemOf } from "../../bench/poem.ts";
import { closedPort, closedPorts } from "./closed-port.ts";
import { POETRY, RunningProgram } from "./program.ts";
import type { TempDir } from "./temp-dir.ts";

export interface ReloadOrder {
  readonly reloads: number;
  /** Connections between two reloads, to each service. */
  readonly connections: number;
  readonly atOnce: number;
}

/** The outcomes of connections, except those to a removed service. */
export type Connections = Pick<LoadReport, "whole" | "wrong" | "reset" | "refused">;

const POEM_BYTES = 3072;

/**
 * Reloads `poetry up` again and again: ttls change, a service comes and goes, another one's port changes, one file in
 * five is invalid. Meanwhile one load runs all the time, and others between reloads.
 */
export async function reloadUnderLoad(
  dir: TempDir,
  { reloads, connections, atOnce }: ReloadOrder,
): Promise<Connections> {
  await dir.write("poem.txt", poemOf(POEM_BYTES));
  const file = join(dir.path, "poetry.toml");
  const [origin = 0, fixed = 0, first = 0, coming = 0] = closedPorts(4);
  const ports = { origin, fixed, moving: first, coming };
  await writeFile(file, fileFor(0, ports, ports.moving));
  await using up = new RunningProgram([POETRY, "up", file, "--quiet"]);
  await up.until((line) => line.startsWith("moving: "));

  const total: Connections = { whole: 0, wrong: 0, reset: 0, refused: 0 };
  const visit = async (port: number) => {
    const report = await load({ port, connections, atOnce, poemBytes: POEM_BYTES });
    for (const what of ["whole", "wrong", "reset", "refused"] as const) total[what] += report[what];
  };
  const over = new AbortController();
  const throughout = (async () => {
    while (!over.signal.aborted) await visit(ports.fixed);
  })();
  let { moving } = ports;
  try {
    for (let round = 1; round <= reloads; round++) {
      const isWrong = round % 5 === 0;
      const next = isWrong ? moving : closedPort();
      const told = up.lines.length;
      await writeFile(file, fileFor(round, ports, next) + (isWrong ? "tll = 1\n" : ""));
      up.signal("SIGHUP");
      await up.until(() =>
        up.lines.slice(told).some((line) => line.startsWith(isWrong ? "error: Not reloaded" : "Reloaded")),
      );
      moving = next;
      await Promise.all(
        [ports.fixed, moving, ...(round % 2 === 1 && !isWrong ? [ports.coming] : [])].map(visit),
      );
    }
  } finally {
    over.abort();
    await throughout;
  }
  up.signal("SIGTERM");
  if ((await up.exited) !== 0) throw new Error(`poetry up ended with an error:\n${up.lines.join("\n")}`);
  return total;
}

type Ports = Readonly<Record<"origin" | "fixed" | "coming", number>>;

function fileFor(round: number, { origin, fixed, coming }: Ports, moving: number): string {
  const proxy = (name: string, port: number) =>
    `[proxy.${name}]\nupstream = ${origin}\nport = ${port}\nttl = "${round % 3}s"\nmax-fetches = ${1 + (round % 4)}\n`;
  return [
    `[serve.origin]\nfile = "poem.txt"\nport = ${origin}\n`,
    ...(round % 2 === 1 ? [proxy("coming", coming)] : []),
    proxy("fixed", fixed),
    proxy("moving", moving),
  ].join("\n");
}
